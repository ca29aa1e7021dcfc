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
#if LIBJPEG_TURBO_VERSION_NUMBER >= 4000000
#error "nobody has looked whether the structures that copy.c and planes.c know are the same there"
#endif

/* Some builds of it have the fields of libjpeg 8 (Ubuntu's). */
#if JPEG_LIB_VERSION >= 70
#define DCT_SCALED_SIZE DCT_h_scaled_size
#define MIN_DCT_SCALED_SIZE min_DCT_h_scaled_size
#else
#define DCT_SCALED_SIZE DCT_scaled_size
#define MIN_DCT_SCALED_SIZE min_DCT_scaled_size
#endif

/* header.c: what the header of a JPEG tells. */

struct header {
    int height, width; /* as stored */
    int channels;      /* 1, 3 or 4; 0: no JPEG, or an odd one */
    int orientation;   /* 1 to 8; 0: Pillow has to say */
    int scans;         /* how often all blocks are gone through, at most */
};

void read_header(const uint8_t *blob, size_t length, struct header *found);

/* axis.c: how much each input weighs in each output. */

enum filter { NEAREST, BOX, BILINEAR, BICUBIC, LANCZOS, FILTERS };

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
/* The same, where only each `factor`-th input is stored, `length` of them. */
int axis_through(struct axis *axis, const struct axis *whole, int factor, int smooth, int length);
void axis_free(struct axis *axis);

/* resample.c: pixels in planes. */

enum {
    SLACK = 64,   /* bytes that rows need beyond their end: vectors reach over it */
    FRACTION = 5, /* bits: what overshoots still fits */
};

static inline int clamp(int value, int least, int most) {
    return value < least ? least : value > most ? most : value;
}

/* Vectors reach over the end of what they read and write, by SLACK at most. */
struct resampler {
    /* Four bytes beside each other, of `n` pixels in four rows, and back. */
    void (*weave)(const uint8_t *const rows[4], uint8_t *quads, size_t n);
    void (*unweave)(const uint8_t *quads, uint8_t *const rows[4], size_t n);
    /* Four times four woven rows, which begin at the first input that counts. */
    void (*across)(const struct axis *axis, uint8_t *const quads[4], uint8_t *const out[4]);
    /* One output row out of all rows, with FRACTION bits behind the point. */
    void (*down)(const struct axis *axis, int row, const uint8_t *rows, size_t stride, int16_t *out,
                 size_t width);
    /* Rounded, as they are or from luma and chroma to red, green and blue. */
    void (*levels)(const int16_t *line, uint8_t *out, size_t n);
    void (*colours)(const int16_t *const lines[3], uint8_t *const out[3], size_t n);
    /* Three bytes a pixel beside each other; no more are written. */
    void (*interleave)(uint8_t *const planes[3], uint8_t *out, size_t n);
};

const struct resampler *resampler_of(int portable);
const char *resampler_name(void);

struct buffer {
    uint8_t *bytes;
    size_t room;
};

/* memory.c: what libjpeg-turbo needs for one picture after the other. */

struct memory {
    struct jpeg_memory_mgr theirs; /* the methods that are wrapped */
    struct block *current;
    size_t used; /* of the current block */
};

void memory_init(struct memory *memory, j_decompress_ptr jpeg);
void memory_free(struct memory *memory);

/* entropy.c: the bits of sequential pictures. */

enum {
    LOOK = 10,       /* bits looked at at once */
    CHUNK = 1 << 13, /* bytes freed of stuffing at once */
};

/* What follows from the next bits: see entropy.c. */
struct table {
    struct pair {
        uint32_t first, second;
    } pairs[1 << LOOK];
    uint16_t passes[1 << LOOK];
    uint8_t lengths[1 << LOOK]; /* of the codes */
    uint32_t limits[17]; /* of codes of each length, as 16 bits; their first is none any more */
    int offsets[17];     /* from codes of each length to places in source.huffval */
    JHUFF_TBL source;
    int made, passable; /* which of them are filled in */
};

struct bits {
    const uint8_t *at;
    uint64_t held; /* the next one highest */
    int count;
    int bad;
};

/* One block of an MCU. */
struct part {
    struct table *dc, *ac;
    uint32_t *level; /* of its component: the DC before */
    int all;         /* whether more than the DC counts */
};

struct entropy {
    struct decoder *decoder;
    int at_work; /* else libjpeg-turbo's decodes */
    struct bits bits;
    const uint8_t *from, *last; /* what is left of the file */
    const uint8_t *end;         /* of what is ready in `bytes` */
    int marker;                 /* that stopped it, if any */
    unsigned restarts, to_go;
    uint32_t levels[MAX_COMPS_IN_SCAN];
    struct part parts[D_MAX_BLOCKS_IN_MCU];
    struct table tables[2][NUM_HUFF_TBLS]; /* AC and DC */
    uint8_t bytes[CHUNK + D_MAX_BLOCKS_IN_MCU * 64 * 4 + SLACK];
};

void entropy_start(struct decoder *decoder);
/* The next MCU, into blocks of zeros, or past it if there are none. */
void entropy_mcu(struct entropy *entropy, JBLOCK *blocks);

/* planes.c: the pixels of each component. */

enum { MOST_LINES = 128 };

struct plane {
    const struct axis *x, *y; /* what is made of it: those of the picture, or its own */
    struct axis own_x, own_y;
    int wide, tall;             /* pixels of an MCU */
    uint8_t *lines[MOST_LINES]; /* of the band, from its first column on */
    size_t stride;
    struct buffer pixels, middle;
};

/* In MCUs. */
struct bands {
    int left, right; /* columns that are needed */
    int next, end;   /* rows */
    int rows;        /* of a band */
    int column;      /* that comes next in copy.c */
};

void planes_start(struct decoder *decoder);
int planes_next(struct decoder *decoder);

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

/* canvas.c: where pixels go. */

/* One row, or one column of a picture that lies on its side: red, green, blue and opacity, of which
   the first are enough for fewer channels. */
void put(const struct place *place, const struct style *style, int number, uint8_t *const lines[4],
         int size);
void surround(const struct place *place, const struct style *style);

/* copy.c: what is not resampled. */

void copy(struct decoder *decoder, const struct span *columns, const struct span *rows,
          const struct place *place, const struct style *style);

/* decode.c: one picture of a file into its place. */

struct errors {
    struct jpeg_error_mgr base; /* first: libjpeg hands it back */
    jmp_buf escape;
    char text[JMSG_LENGTH_MAX];
};

/* What a thread needs while it decodes; used for one picture after the other. */
struct decoder {
    struct jpeg_decompress_struct jpeg; /* first: libjpeg hands it back */
    struct errors errors;
    struct memory memory;
    struct entropy entropy;
    struct axis x, y; /* from pixels as decoded to those wanted */
    struct bands bands;
    struct plane planes[3];
    struct buffer quads, lines;
    _Alignas(64) JBLOCK blocks[D_MAX_BLOCKS_IN_MCU];
};

int decoder_init(struct decoder *decoder);
void decoder_fail(struct decoder *decoder, const char *why);
/* At least as many bytes, zeroed when they are new. */
uint8_t *room(struct decoder *decoder, struct buffer *buffer, size_t wanted);
void decoder_free(struct decoder *decoder);

/* Decode one file; 0, or -1 with `decoder->errors.text`. */
int decode(struct decoder *decoder, const uint8_t *blob, size_t length, const struct header *header,
           const struct place *place, const struct style *style);

#endif
