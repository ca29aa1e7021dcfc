/* The parts of the kernel: what each file offers to the others. */
#ifndef ALIQUOT_KERNEL_H
#define ALIQUOT_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>
#include <setjmp.h>

#if !defined(LIBJPEG_TURBO_VERSION_NUMBER) || LIBJPEG_TURBO_VERSION_NUMBER < 2001005
#error "the kernel needs libjpeg-turbo 2.1.5 or newer"
#endif

/* header.c: what the header of a JPEG tells. */

struct header {
    int height, width; /* as stored */
    int channels;      /* 1, 3 or 4; 0: no JPEG, or an odd one */
    int orientation;   /* 1 to 8; 0: Pillow has to say */
    int scans;         /* how often all blocks are gone through, at most */
};

void read_header(const uint8_t *blob, size_t length, struct header *found);

/* resample.c: antialiased resampling, one axis after the other. */

enum filter { NEAREST, BOX, BILINEAR, BICUBIC, LANCZOS, FILTERS };

/* Bytes that rows need beyond their end: vectors reach over it. */
enum { SLACK = 64 };

/* One axis: output i is the sum of weights[i * stride + k] * input[first[i] + k] over `taps`
   inputs, of which all are there. */
struct axis {
    int size;       /* outputs */
    int taps;       /* inputs that each is made of; some may weigh nothing */
    size_t stride;  /* taps, made even by one that weighs nothing */
    int shift;      /* the weights of an output sum to 1 << shift */
    int begin, end; /* the inputs that count */
    int *first;
    int16_t *weights;
    double *exact;
    size_t room_first, room_weights, room_exact; /* bytes */
};

struct span {
    double start, end; /* the part of the input that is wanted */
    int input;         /* length of the input */
    int size;          /* outputs */
    int mirrored;
};

/* Work out the weights; 0, or -1 if memory ran out. */
int axis_of(struct axis *axis, const struct span *span, enum filter filter);
void axis_free(struct axis *axis);

struct resampler {
    /* Four rows of RGBA become four of `channels` bytes a pixel. The rows begin at the first input
       that counts. */
    void (*across)(const struct axis *axis, uint8_t *const rows[4], uint8_t *const out[4],
                   int channels);
    /* `width` bytes of one output row, out of all rows. */
    void (*down)(const struct axis *axis, int row, const uint8_t *rows, size_t stride, uint8_t *out,
                 size_t width);
};

const struct resampler *resampler_of(int portable);
const char *resampler_name(void);

/* memory.c: what libjpeg-turbo needs for one picture after the other. */

struct memory {
    struct jpeg_memory_mgr theirs; /* the methods that are wrapped */
    struct block *current;
    size_t used; /* of the current block */
};

void memory_init(struct memory *memory, j_decompress_ptr jpeg);
void memory_free(struct memory *memory);

/* decode.c: one picture of a file into its place. */

/* How one picture goes into its canvas. */
struct place {
    double box[4];            /* left, top, right, bottom in stored pixels */
    int top, left;            /* where in the canvas it goes */
    int height, width;        /* how large it is there */
    int swap, flip_y, flip_x; /* rows and columns are swapped first, then mirrored */
    int canvas_height, canvas_width;
    int channels; /* 1, 3 or 4 */
    void *canvas; /* uint8, or float where there is a table */
};

/* What the pictures of a call have in common. */
struct style {
    enum filter filter;
    double gap;         /* least ratio of decoded to wanted pixels; 0: decode all */
    uint8_t fill[4];    /* what surrounds pictures */
    const float *table; /* 256 values a channel, or NULL for bytes */
    int planes;         /* whether channels come first */
    const struct resampler *resampler;
};

struct errors {
    struct jpeg_error_mgr base; /* first: libjpeg hands it back */
    jmp_buf escape;
    char text[JMSG_LENGTH_MAX];
};

struct buffer {
    uint8_t *bytes;
    size_t room;
};

/* What a thread needs while it decodes; used for one picture after the other. */
struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct errors errors;
    struct memory memory;
    struct axis x, y;
    struct buffer rows, middle, line;
};

int decoder_init(struct decoder *decoder);
void decoder_free(struct decoder *decoder);

/* Decode one file; 0, or -1 with `decoder->errors.text`. */
int decode(struct decoder *decoder, const uint8_t *blob, size_t length, const struct header *header,
           const struct place *place, const struct style *style);

#endif
