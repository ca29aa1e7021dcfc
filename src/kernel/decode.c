/* One picture of a JPEG file into its place: only the rows and columns that are needed, at the best
   scale, each component resampled while it comes, mirrored by the order of the weights. Colours are
   worked out last, of what is wanted only. */

#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Warnings count as errors: what has a fault is for a codec that shows what there is of it. */
static void escape(j_common_ptr jpeg) {
    struct errors *errors = (struct errors *)jpeg->err;
    errors->base.format_message(jpeg, errors->text);
    longjmp(errors->escape, 1);
}

static void on_message(j_common_ptr jpeg, int level) {
    if (level < 0)
        escape(jpeg);
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

void decoder_fail(struct decoder *decoder, const char *why) {
    strncpy(decoder->errors.text, why, sizeof decoder->errors.text - 1);
    longjmp(decoder->errors.escape, 1);
}

int decoder_init(struct decoder *decoder) {
    memset(decoder, 0, sizeof *decoder);
    decoder->jpeg.err = jpeg_std_error(&decoder->errors.base);
    decoder->errors.base.error_exit = escape;
    decoder->errors.base.emit_message = on_message;
    decoder->errors.base.output_message = on_output;
    if (setjmp(decoder->errors.escape))
        return -1;
    jpeg_create_decompress(&decoder->jpeg);
    jpeg_mem_src(&decoder->jpeg, (const uint8_t *)"", 1); /* what that takes, it takes now */
#ifndef PLAIN_MEMORY /* with it a sanitizer sees every block of libjpeg-turbo */
    memory_init(&decoder->memory, &decoder->jpeg);
#endif
    return 0;
}

void decoder_free(struct decoder *decoder) {
    jpeg_destroy_decompress(&decoder->jpeg);
    memory_free(&decoder->memory);
    axis_free(&decoder->x);
    axis_free(&decoder->y);
    for (int i = 0; i < 3; i++) {
        struct plane *plane = &decoder->planes[i];
        axis_free(&plane->own_x);
        axis_free(&plane->own_y);
        free(plane->pixels.bytes);
        free(plane->middle.bytes);
    }
    free(decoder->quads.bytes);
    free(decoder->lines.bytes);
}

uint8_t *room(struct decoder *decoder, struct buffer *buffer, size_t wanted) {
    if (wanted > buffer->room) {
        free(buffer->bytes);
        buffer->room = 0;
        wanted += wanted / 4;
        /* Zeroed: vectors reach beyond what is written. */
        if (!(buffer->bytes = calloc(1, wanted)))
            decoder_fail(decoder, "out of memory");
        buffer->room = wanted;
    }
    return buffer->bytes;
}

/* The largest of 1, 2, 4 and 8 that leaves `gap` times the pixels wanted, as in _resample.py. */
static int shrink(const double *box, int height, int width, double gap) {
    if (!gap)
        return 1;
    double space = fmin((box[2] - box[0]) / (width * gap), (box[3] - box[1]) / (height * gap));
    return space >= 8 ? 8 : space >= 4 ? 4 : space >= 2 ? 2 : 1;
}

static void start(struct decoder *decoder, const uint8_t *blob, size_t length,
                  const struct header *header, int factor, int plain) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    jpeg_mem_src(jpeg, blob, length);
    jpeg_read_header(jpeg, TRUE);
    if ((int)jpeg->image_height != header->height || (int)jpeg->image_width != header->width ||
        jpeg->num_components != header->channels || jpeg->data_precision != 8 || jpeg->arith_code ||
        (jpeg->jpeg_color_space != JCS_GRAYSCALE && jpeg->jpeg_color_space != JCS_YCbCr &&
         jpeg->jpeg_color_space != JCS_RGB))
        decoder_fail(decoder, "not of the common kind");
    jpeg->scale_num = 1;
    jpeg->scale_denom = (unsigned)factor;
    jpeg->out_color_space = plain ? JCS_EXT_RGBA : jpeg->jpeg_color_space;
    jpeg->raw_data_out = !plain;
    jpeg_start_decompress(jpeg);
    entropy_start(decoder);
}

static size_t middle_stride(const struct plane *plane) {
    return ((size_t)plane->x->size + SLACK + 31) / 32 * 32;
}

/* Resample rows `begin` to `end` of a component across; its band begins at row `top`. */
static void squeeze(struct decoder *decoder, struct plane *plane, const struct style *style,
                    int top, int begin, int end) {
    const struct axis *x = plane->x;
    const struct resampler *resampler = style->resampler;
    int first = x->begin - decoder->bands.left * plane->wide;
    size_t n = (size_t)(x->end - x->begin), width = (size_t)x->size;
    size_t in = 4 * n + SLACK, out = 4 * width + SLACK, stride = middle_stride(plane);
    uint8_t *bytes = decoder->quads.bytes;
    for (int row = begin; row < end; row += 16) {
        uint8_t *quads[4], *made[4];
        for (int i = 0; i < 4; i++) {
            /* The last again, where there are no more. */
            const uint8_t *rows[4];
            for (int j = 0; j < 4; j++) {
                int at = row + 4 * i + j < end ? row + 4 * i + j : end - 1;
                rows[j] = plane->lines[at - top] + first;
            }
            quads[i] = bytes + i * in;
            made[i] = bytes + 4 * in + i * out;
            if (row + 4 * i < end)
                resampler->weave(rows, quads[i], n);
            else
                quads[i] = quads[0];
        }
        resampler->across(x, quads, made);
        for (int i = 0; i < 4 && row + 4 * i < end; i++) {
            uint8_t *rows[4];
            for (int j = 0; j < 4; j++) /* those too many: into room for nothing */
                rows[j] =
                    plane->middle.bytes + (size_t)(row + 4 * i + j - plane->y->begin) * stride;
            resampler->unweave(made[i], rows, width);
        }
    }
}

/* Read what is needed, and resample each row. */
static void read_rows(struct decoder *decoder, const struct style *style) {
    planes_start(decoder);
    size_t widest = 0;
    for (int i = 0; i < decoder->jpeg.num_components; i++) {
        struct plane *plane = &decoder->planes[i];
        size_t columns = (size_t)(plane->x->end - plane->x->begin);
        size_t rows = (size_t)(plane->y->end - plane->y->begin) + 3; /* four are made at once */
        widest = columns > widest ? columns : widest;
        room(decoder, &plane->middle, rows * middle_stride(plane));
    }
    room(decoder, &decoder->quads, 4 * (4 * widest + 4 * (size_t)decoder->x.size + 2 * SLACK));
    for (int top = decoder->bands.next, n; (n = planes_next(decoder)); top += n) {
        for (int i = 0; i < decoder->jpeg.num_components; i++) {
            struct plane *plane = &decoder->planes[i];
            int begin = top * plane->tall, end = (top + n) * plane->tall;
            int least = plane->y->begin, most = plane->y->end;
            squeeze(decoder, plane, style, begin, begin > least ? begin : least,
                    end < most ? end : most);
        }
    }
}

/* What was not decoded is not known to be there: a file that ends early has no end marker. */
static void check_end(struct decoder *decoder) {
    const uint8_t *at = decoder->entropy.from, *end = decoder->entropy.last;
    if (!decoder->entropy.at_work || decoder->entropy.marker == JPEG_EOI)
        return;
    while (at < end && (at = memchr(at, 0xFF, (size_t)(end - at)))) {
        if (at + 1 < end && at[1] == JPEG_EOI)
            return;
        at++;
    }
    decoder_fail(decoder, "it ends early");
}

static void write_out(struct decoder *decoder, const struct place *place,
                      const struct style *style) {
    const struct resampler *resampler = style->resampler;
    int n = decoder->jpeg.num_components;
    size_t width = (size_t)decoder->x.size, stride = width + SLACK;
    uint8_t *bytes = room(decoder, &decoder->lines, (4 + 3 * sizeof(int16_t)) * stride);
    uint8_t *out[4] = {bytes, bytes + stride, bytes + 2 * stride, bytes + 3 * stride};
    int16_t *first = (int16_t *)(bytes + 4 * stride);
    int16_t *const lines[3] = {first, first + stride, first + 2 * stride};
    memset(out[3], 255, width); /* opaque */
    for (int row = 0; row < decoder->y.size; row++) {
        for (int i = 0; i < n; i++) {
            const struct plane *plane = &decoder->planes[i];
            resampler->down(plane->y, row, plane->middle.bytes, middle_stride(plane), lines[i],
                            width);
        }
        if (decoder->jpeg.jpeg_color_space == JCS_YCbCr)
            resampler->colours((const int16_t *const *)lines, out, width);
        else
            for (int i = 0; i < 3; i++) /* grey is the same in all */
                resampler->levels(lines[n == 1 ? 0 : i], out[i], width);
        put(place, style, row, out, decoder->x.size);
    }
}

static void resample(struct decoder *decoder, const struct span *x, const struct span *y,
                     const struct place *place, const struct style *style) {
    if (axis_of(&decoder->x, x, style->filter) || axis_of(&decoder->y, y, style->filter))
        decoder_fail(decoder, "out of memory");
    read_rows(decoder, style);
    write_out(decoder, place, style);
}

/* Whether pixels are taken as they are. */
static int is_plain(const struct span *span) {
    return span->end - span->start == span->size && span->start == floor(span->start);
}

static void decode_part(struct decoder *decoder, const uint8_t *blob, size_t length,
                        const struct header *header, const struct place *place,
                        const struct style *style) {
    int height = place->swap ? place->width : place->height;
    int width = place->swap ? place->height : place->width;
    int factor = shrink(place->box, height, width, style->gap);
    const double *box = place->box;
    struct span x = {box[0] / factor, box[2] / factor, 0, width,
                     place->swap ? place->flip_y : place->flip_x};
    struct span y = {box[1] / factor, box[3] / factor, 0, height,
                     place->swap ? place->flip_x : place->flip_y};
    int plain = is_plain(&x) && is_plain(&y);
    start(decoder, blob, length, header, factor, plain);
    x.input = (int)decoder->jpeg.output_width;
    y.input = (int)decoder->jpeg.output_height;
    if (plain)
        copy(decoder, &x, &y, place, style);
    else
        resample(decoder, &x, &y, place, style);
    check_end(decoder);
}

/* Leave nothing of a picture to the next, which could lack tables of its own. */
static void forget(j_decompress_ptr jpeg) {
    jpeg_abort_decompress(jpeg);
    memset(jpeg->quant_tbl_ptrs, 0, sizeof jpeg->quant_tbl_ptrs);
    memset(jpeg->dc_huff_tbl_ptrs, 0, sizeof jpeg->dc_huff_tbl_ptrs);
    memset(jpeg->ac_huff_tbl_ptrs, 0, sizeof jpeg->ac_huff_tbl_ptrs);
}

int decode(struct decoder *decoder, const uint8_t *blob, size_t length, const struct header *header,
           const struct place *place, const struct style *style) {
    int whole = place->height == place->canvas_height && place->width == place->canvas_width;
    if (setjmp(decoder->errors.escape)) {
        forget(&decoder->jpeg);
        return -1;
    }
    if (!whole)
        surround(place, style);
    if (place->height && place->width)
        decode_part(decoder, blob, length, header, place, style);
    forget(&decoder->jpeg);
    return 0;
}
