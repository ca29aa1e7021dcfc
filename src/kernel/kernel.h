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
    unsigned column, first, beyond; /* of MCUs */
    uint32_t levels[MAX_COMPS_IN_SCAN];
    struct part parts[D_MAX_BLOCKS_IN_MCU];
    struct table tables[2][NUM_HUFF_TBLS]; /* AC and DC */
    uint8_t bytes[CHUNK + D_MAX_BLOCKS_IN_MCU * 64 * 4 + SLACK];
};

void entropy_start(struct decoder *decoder);
void entropy_columns(struct entropy *entropy, unsigned first, unsigned beyond);

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
    struct jpeg_decompress_struct jpeg; /* first: libjpeg hands it back */
    struct errors errors;
    struct memory memory;
    struct entropy entropy;
    struct axis x, y;
    struct buffer rows, middle, line;
};

int decoder_init(struct decoder *decoder);
void decoder_fail(struct decoder *decoder, const char *why);
void decoder_free(struct decoder *decoder);

/* Decode one file; 0, or -1 with `decoder->errors.text`. */
int decode(struct decoder *decoder, const uint8_t *blob, size_t length, const struct header *header,
           const struct place *place, const struct style *style);

#endif
