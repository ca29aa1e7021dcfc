/* The kernel as Python sees it: files that are read at once, and decoded at once, by all threads
   that come along. */

#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 6 }; /* numbers that are told of one */

struct file {
    uint8_t *blob;
    size_t length;
    struct header header;
    int error;    /* errno, if it could not be read */
    char *reason; /* why it could not be decoded */
    int wanted;   /* whether this is to decode it */
};

/* Pictures in files. `Files(paths)` reads them; `plan` says what is seen of each; `decode` may be
   called by any number of threads, which share the pictures among them. */
typedef struct {
    PyObject_HEAD Py_ssize_t n;
    struct file *files;
    struct place *places; /* NULL before plan */
    Py_buffer *canvases;
    Py_buffer table;
    struct style style;
    atomic_size_t next;
    pthread_mutex_t mutex;
    pthread_cond_t all_done;
    size_t done;
} Files;

/* Reading */

static int read_all(int descriptor, struct file *file) {
    struct stat status;
    if (fstat(descriptor, &status))
        return errno;
    /* One byte more: a read that does not fill it has met the end. */
    size_t room = (size_t)(status.st_size > 0 ? status.st_size : 0) + 1;
    if (!(file->blob = malloc(room)))
        return ENOMEM;
    for (;;) {
        ssize_t n = read(descriptor, file->blob + file->length, room - file->length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        file->length += (size_t)n;
        if (!n || (file->length == (size_t)status.st_size))
            return 0;
        if (file->length == room) {
            uint8_t *larger = realloc(file->blob, room * 2);
            if (!larger)
                return ENOMEM;
            file->blob = larger;
            room *= 2;
        }
    }
}

static void read_file(const char *path, struct file *file) {
    int descriptor;
    do
        descriptor = open(path, O_RDONLY | O_CLOEXEC);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        file->error = errno;
        return;
    }
    file->error = read_all(descriptor, file);
    close(descriptor);
    if (!file->error)
        read_header(file->blob, file->length, &file->header);
}

struct name {
    PyObject *bytes;
    const char *text;
};

static int take_name(PyObject *path, struct name *name) {
    if (!path || !PyUnicode_FSConverter(path, &name->bytes))
        return -1;
    name->text = PyBytes_AsString(name->bytes);
    return 0;
}

static int read_paths(Files *self, PyObject *paths) {
    struct name *names = calloc((size_t)self->n + 1, sizeof *names);
    int failed = !names;
    if (failed)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < self->n && !failed; i++)
        failed = take_name(PyList_GetItem(paths, i), &names[i]);
    if (!failed) {
        Py_BEGIN_ALLOW_THREADS for (Py_ssize_t i = 0; i < self->n; i++)
            read_file(names[i].text, &self->files[i]);
        Py_END_ALLOW_THREADS
    }
    for (Py_ssize_t i = 0; names && i < self->n; i++)
        Py_XDECREF(names[i].bytes);
    free(names);
    return failed ? -1 : 0;
}

static PyObject *files_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    PyObject *paths;
    static char *names[] = {"paths", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O!:Files", names, &PyList_Type, &paths))
        return NULL;
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Files *self = (Files *)alloc(type, 0);
    if (!self)
        return NULL;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->all_done, NULL);
    self->files = calloc((size_t)PyList_Size(paths) + 1, sizeof *self->files);
    if (!self->files) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->n = PyList_Size(paths);
    if (read_paths(self, paths)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void forget_plan(Files *self) {
    for (Py_ssize_t i = 0; self->canvases && i < self->n; i++)
        if (self->canvases[i].obj)
            PyBuffer_Release(&self->canvases[i]);
    if (self->table.obj)
        PyBuffer_Release(&self->table);
    free(self->canvases);
    free(self->places);
    self->canvases = NULL;
    self->places = NULL;
    self->style.table = NULL;
}

static void files_dealloc(PyObject *object) {
    Files *self = (Files *)object;
    PyTypeObject *type = Py_TYPE(object);
    forget_plan(self);
    for (Py_ssize_t i = 0; i < self->n; i++) {
        free(self->files[i].blob);
        free(self->files[i].reason);
    }
    free(self->files);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->all_done);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static struct file *file_at(Files *self, PyObject *number) {
    Py_ssize_t i = PyLong_AsSsize_t(number);
    if (i == -1 && PyErr_Occurred())
        return NULL;
    if (i < 0 || i >= self->n) {
        PyErr_Format(PyExc_IndexError, "there are %zd files, and no number %zd", self->n, i);
        return NULL;
    }
    return &self->files[i];
}

static PyObject *files_blob(PyObject *self, PyObject *number) {
    struct file *file = file_at((Files *)self, number);
    if (file && !file->blob && !file->error) {
        PyErr_SetString(PyExc_ValueError, "its bytes were given back when it was decoded");
        return NULL;
    }
    return file ? PyBytes_FromStringAndSize((char *)file->blob, (Py_ssize_t)file->length) : NULL;
}

static PyObject *files_reason(PyObject *self, PyObject *number) {
    struct file *file = file_at((Files *)self, number);
    if (!file)
        return NULL;
    if (!file->reason)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(file->reason, (Py_ssize_t)strlen(file->reason), "replace");
}

static PyObject *files_headers(PyObject *object, PyObject *unused) {
    (void)unused;
    Files *self = (Files *)object;
    Py_ssize_t bytes = self->n * HEADER * (Py_ssize_t)sizeof(int64_t);
    PyObject *found = PyBytes_FromStringAndSize(NULL, bytes);
    int64_t *at = found ? (int64_t *)PyBytes_AsString(found) : NULL;
    for (Py_ssize_t i = 0; found && i < self->n; i++) {
        const struct header *header = &self->files[i].header;
        *at++ = self->files[i].error;
        *at++ = header->height;
        *at++ = header->width;
        *at++ = header->channels;
        *at++ = header->orientation;
        *at++ = header->scans;
    }
    return found;
}

/* Planning */

enum { TOP, LEFT, HEIGHT, WIDTH, SWAP, FLIP_Y, FLIP_X, NUMBERS };

static int refuse(const char *why, Py_ssize_t i) {
    PyErr_Format(PyExc_ValueError, "%s (file %zd)", why, i);
    return -1;
}

/* Take an array whose dtype has one of some formats, as NumPy writes them. */
static int take_array(PyObject *object, Py_buffer *buffer, int flags, const char *formats) {
    if (PyObject_GetBuffer(object, buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags))
        return -1;
    const char *format = buffer->format ? buffer->format : "B";
    if (strlen(format) == 1 && strchr(formats, format[0]))
        return 0;
    PyErr_Format(PyExc_ValueError, "expected an array of the format %s, not %s", formats, format);
    PyBuffer_Release(buffer);
    return -1;
}

/* Take the numbers of one picture, and hold nothing for true that would write out of bounds. */
static int take_place(Files *self, Py_ssize_t i, const double *box, const int64_t *numbers,
                      PyObject *canvas) {
    struct place *place = &self->places[i];
    Py_buffer *buffer = &self->canvases[i];
    const struct header *header = &self->files[i].header;
    if (!canvas || take_array(canvas, buffer, PyBUF_WRITABLE, self->style.table ? "f" : "B"))
        return -1;
    if (buffer->ndim != 3)
        return refuse("a canvas must have three axes", i);
    int planes = self->style.planes;
    const Py_ssize_t *shape = buffer->shape;
    for (int axis = 0; axis < 3; axis++)
        if (shape[axis] > 1 << 24)
            return refuse("the canvas is too large", i);
    place->canvas = buffer->buf;
    place->channels = (int)shape[planes ? 0 : 2];
    place->canvas_height = (int)shape[planes ? 1 : 0];
    place->canvas_width = (int)shape[planes ? 2 : 1];
    if (place->channels != 1 && place->channels != 3 && place->channels != 4)
        return refuse("a canvas must have 1, 3 or 4 channels", i);
    if (self->style.table && self->table.len < (Py_ssize_t)(place->channels * 256 * sizeof(float)))
        return refuse("the table needs 256 values a channel", i);
    for (int number = 0; number < 4; number++)
        if (numbers[number] < 0 || numbers[number] > 1 << 24)
            return refuse("a place must be within its canvas", i);
    place->top = (int)numbers[TOP];
    place->left = (int)numbers[LEFT];
    place->height = (int)numbers[HEIGHT];
    place->width = (int)numbers[WIDTH];
    if (place->top + place->height > place->canvas_height ||
        place->left + place->width > place->canvas_width)
        return refuse("a place must be within its canvas", i);
    place->swap = numbers[SWAP] != 0;
    place->flip_y = numbers[FLIP_Y] != 0;
    place->flip_x = numbers[FLIP_X] != 0;
    memcpy(place->box, box, sizeof place->box);
    if (place->height && place->width &&
        !(box[0] >= 0 && box[1] >= 0 && box[2] > box[0] && box[3] > box[1] &&
          box[2] <= header->width && box[3] <= header->height))
        return refuse("a box must be within its picture", i);
    return 0;
}

static int take_numbers(PyObject *object, Py_buffer *buffer, const char *formats,
                        Py_ssize_t bytes) {
    if (take_array(object, buffer, 0, formats))
        return -1;
    if (buffer->len == bytes)
        return 0;
    PyErr_Format(PyExc_ValueError, "expected %zd bytes, not %zd", bytes, buffer->len);
    PyBuffer_Release(buffer);
    return -1;
}

static int take_places(Files *self, PyObject *rows, PyObject *boxes, PyObject *numbers,
                       PyObject *canvases) {
    Py_buffer box, number;
    Py_ssize_t n = PyList_Size(rows);
    int failed = 0;
    if (PyList_Size(canvases) != n) {
        PyErr_SetString(PyExc_ValueError, "there must be a canvas for each row");
        return -1;
    }
    if (take_numbers(boxes, &box, "d", n * 4 * (Py_ssize_t)sizeof(double)))
        return -1;
    if (take_numbers(numbers, &number, "lq", n * NUMBERS * (Py_ssize_t)sizeof(int64_t))) {
        PyBuffer_Release(&box);
        return -1;
    }
    for (Py_ssize_t at = 0; at < n && !failed; at++) {
        struct file *file = file_at(self, PyList_GetItem(rows, at));
        if (!file || file->error || !file->header.channels || file->wanted) {
            if (!PyErr_Occurred())
                refuse("not to be decoded here, or named twice", at);
            failed = 1;
            break;
        }
        Py_ssize_t i = file - self->files;
        failed = take_place(self, i, (double *)box.buf + 4 * at,
                            (int64_t *)number.buf + NUMBERS * at, PyList_GetItem(canvases, at));
        file->wanted = !failed;
    }
    PyBuffer_Release(&box);
    PyBuffer_Release(&number);
    return failed ? -1 : 0;
}

static PyObject *files_plan(PyObject *object, PyObject *args, PyObject *keywords) {
    Files *self = (Files *)object;
    PyObject *rows, *boxes, *numbers, *canvases, *table = Py_None;
    const char *fill;
    Py_ssize_t fills;
    int filter, planes = 0, portable = 0;
    double gap;
    static char *names[] = {"rows", "boxes",  "places", "canvases", "filter", "gap",
                            "fill", "planes", "table",  "portable", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O!OOO!idy#|pOp:plan", names, &PyList_Type,
                                     &rows, &boxes, &numbers, &PyList_Type, &canvases, &filter,
                                     &gap, &fill, &fills, &planes, &table, &portable))
        return NULL;
    if (self->places) {
        PyErr_SetString(PyExc_ValueError, "these files have a plan already");
        return NULL;
    }
    if (filter < 0 || filter >= FILTERS || fills != 4 ||
        !(gap == 0 || (gap >= 1 && isfinite(gap)))) {
        PyErr_SetString(PyExc_ValueError, "no such filter, or no four levels, or no such gap");
        return NULL;
    }
    if (table != Py_None) {
        if (take_array(table, &self->table, 0, "f"))
            return NULL;
        self->style.table = self->table.buf;
    }
    self->style.filter = (enum filter)filter;
    self->style.gap = gap;
    self->style.planes = planes;
    self->style.resampler = resampler_of(portable);
    memcpy(self->style.fill, fill, 4);
    self->places = calloc((size_t)self->n + 1, sizeof *self->places);
    self->canvases = calloc((size_t)self->n + 1, sizeof *self->canvases);
    if (!self->places || !self->canvases) {
        forget_plan(self);
        return PyErr_NoMemory();
    }
    if (take_places(self, rows, boxes, numbers, canvases)) {
        for (Py_ssize_t i = 0; i < self->n; i++)
            self->files[i].wanted = 0;
        forget_plan(self);
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Decoding */

static void decode_one(Files *self, struct decoder *decoder, size_t i) {
    struct file *file = &self->files[i];
    const struct place *place = &self->places[i];
    if (!decoder) {
        file->reason = strdup("out of memory");
    } else if (decode(decoder, file->blob, file->length, &file->header, place, &self->style)) {
        file->reason = strdup(decoder->errors.text);
    } else {
        /* Now, while the GIL is not held. */
        free(file->blob);
        file->blob = NULL;
        return;
    }
    file->wanted = -1;
}

/* Take pictures as long as there are any; with `wait`, stay until those of others are done. */
static void share(Files *self, int wait) {
    struct decoder *decoder = malloc(sizeof *decoder);
    size_t n = (size_t)self->n, mine = 0;
    int made = decoder && !decoder_init(decoder);
    for (size_t i; (i = atomic_fetch_add(&self->next, 1)) < n; mine++)
        if (self->files[i].wanted)
            decode_one(self, made ? decoder : NULL, i);
    if (made)
        decoder_free(decoder);
    free(decoder);
    pthread_mutex_lock(&self->mutex);
    self->done += mine;
    if (self->done == n)
        pthread_cond_broadcast(&self->all_done);
    while (wait && self->done < n)
        pthread_cond_wait(&self->all_done, &self->mutex);
    pthread_mutex_unlock(&self->mutex);
}

static PyObject *files_decode(PyObject *object, PyObject *args, PyObject *keywords) {
    Files *self = (Files *)object;
    int wait = 1;
    static char *names[] = {"wait", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|p:decode", names, &wait))
        return NULL;
    if (!self->places) {
        PyErr_SetString(PyExc_ValueError, "call plan first");
        return NULL;
    }
    /* Others have taken all: do not make a decoder for nothing. */
    if (!wait && atomic_load(&self->next) >= (size_t)self->n)
        Py_RETURN_NONE;
    Py_BEGIN_ALLOW_THREADS share(self, wait);
    Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

static PyObject *files_failed(PyObject *object, PyObject *unused) {
    (void)unused;
    Files *self = (Files *)object;
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found && i < self->n; i++) {
        if (self->files[i].wanted >= 0)
            continue;
        PyObject *number = PyLong_FromSsize_t(i);
        if (!number || PyList_Append(found, number)) {
            Py_XDECREF(number);
            Py_DECREF(found);
            return NULL;
        }
        Py_DECREF(number);
    }
    return found;
}

static Py_ssize_t files_length(PyObject *self) { return ((Files *)self)->n; }

static PyMethodDef files_methods[] = {
    {"headers", files_headers, METH_NOARGS,
     "headers()\n--\n\nGive errno, height, width, channels, orientation and scans of each: int64."},
    {"blob", files_blob, METH_O, "blob(number, /)\n--\n\nGive the bytes of a file."},
    {"plan", (PyCFunction)(void (*)(void))files_plan, METH_VARARGS | METH_KEYWORDS,
     "plan(rows, boxes, places, canvases, filter, gap, fill, planes=False, table=None, "
     "portable=False)\n--\n\nSay what is seen of the files, and where it goes; once."},
    {"decode", (PyCFunction)(void (*)(void))files_decode, METH_VARARGS | METH_KEYWORDS,
     "decode(wait=True)\n--\n\nDecode what no other thread has taken, without the GIL."},
    {"failed", files_failed, METH_NOARGS,
     "failed()\n--\n\nGive the numbers of the files that could not be decoded here."},
    {"reason", files_reason, METH_O, "reason(number, /)\n--\n\nSay why, or None."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot files_slots[] = {
    {Py_tp_new, files_new},
    {Py_tp_dealloc, files_dealloc},
    {Py_tp_methods, files_methods},
    {Py_sq_length, files_length},
    {Py_tp_doc, "Files(paths)\n--\n\nRead files, and the headers of JPEGs, without the GIL."},
    {0, NULL},
};

static PyType_Spec files_spec = {
    .name = "aliquot.image._kernel.Files",
    .basicsize = sizeof(Files),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = files_slots,
};

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static int module_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&files_spec);
    if (!type || PyModule_AddType(module, (PyTypeObject *)type)) {
        Py_XDECREF(type);
        return -1;
    }
    Py_DECREF(type);
    if (PyModule_AddStringConstant(module, "JPEG", "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION)) ||
        PyModule_AddStringConstant(module, "RESAMPLER", resampler_name()))
        return -1;
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "aliquot.image._kernel",
    .m_doc = "JPEG files to resampled pixels in one call, on libjpeg-turbo.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&module); }
