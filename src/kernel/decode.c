/* One picture of a JPEG file into its place: only the rows and columns that are needed, at the best
   scale, resampled while they come, mirrored by the order of the weights. */

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
    free(decoder->rows.bytes);
    free(decoder->middle.bytes);
    free(decoder->line.bytes);
}

static uint8_t *room(struct decoder *decoder, struct buffer *buffer, size_t wanted) {
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
                  const struct header *header, int factor) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    jpeg_mem_src(jpeg, blob, length);
    jpeg_read_header(jpeg, TRUE);
    if ((int)jpeg->image_height != header->height || (int)jpeg->image_width != header->width ||
        jpeg->num_components != header->channels || jpeg->data_precision != 8 || jpeg->arith_code)
        decoder_fail(decoder, "not of the common kind");
    jpeg->scale_num = 1;
    jpeg->scale_denom = (unsigned)factor;
    jpeg->out_color_space = JCS_EXT_RGBA;
    jpeg_start_decompress(jpeg);
    entropy_start(decoder);
}

/* Whether columns can be left out: libjpeg-turbo 2.1.5 mixes them up where rarely sampled
   components (4:1:0, say) are shrunk. */
static int can_crop(j_decompress_ptr jpeg) {
    return jpeg->scale_denom == 1 || (jpeg->max_h_samp_factor <= 2 && jpeg->max_v_samp_factor <= 2);
}

/* Leave out the columns and rows that are not needed. Cuts are made where blocks of all components
   meet, and one block further out: upsampling looks at its neighbours. */
static int cut(struct decoder *decoder) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    int wide = jpeg->max_h_samp_factor * jpeg->MIN_DCT_SCALED_SIZE;
    int tall = jpeg->max_v_samp_factor * jpeg->MIN_DCT_SCALED_SIZE;
    int left = decoder->x.begin / wide * wide - wide, top = decoder->y.begin / tall * tall - tall;
    int right = (decoder->x.end + wide - 1) / wide * wide + wide;
    if (jpeg_has_multiple_scans(jpeg))
        return 0; /* decoded as a whole */
    JDIMENSION x = left > 0 ? (JDIMENSION)left : 0;
    JDIMENSION end = right < (int)jpeg->output_width ? (JDIMENSION)right : jpeg->output_width;
    JDIMENSION width = end - x;
    if (width < jpeg->output_width && can_crop(jpeg)) {
        jpeg_crop_scanline(jpeg, &x, &width);
        unsigned across =
            jpeg->num_components == 1 ? (unsigned)jpeg->MIN_DCT_SCALED_SIZE : (unsigned)wide;
        entropy_columns(&decoder->entropy, x / across, (x + width + across - 1) / across);
    } else
        x = 0;
    if (top > 0)
        jpeg_skip_scanlines(jpeg, (JDIMENSION)top);
    return (int)x;
}

/* Read what is needed, and resample each row. */
static void read_rows(struct decoder *decoder, int x, const struct style *style, int channels,
                      uint8_t *middle, size_t stride) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    const struct axis *columns = &decoder->x;
    int first = decoder->y.begin, end = decoder->y.end, ready = 0;
    size_t row_bytes = (size_t)jpeg->output_width * 4 + SLACK;
    uint8_t *bytes = room(decoder, &decoder->rows, 4 * row_bytes);
    JSAMPROW lines[4];
    uint8_t *rows[4], *out[4];
    for (int i = 0; i < 4; i++) {
        lines[i] = bytes + (size_t)i * row_bytes;
        rows[i] = lines[i] + (size_t)(columns->begin - x) * 4;
    }
    while ((int)jpeg->output_scanline < first)
        jpeg_read_scanlines(jpeg, lines, 1);
    for (int y = first; y < end;) {
        int most = end - y < 4 - ready ? end - y : 4 - ready;
        int n = (int)jpeg_read_scanlines(jpeg, lines + ready, (JDIMENSION)most);
        if (!n)
            decoder_fail(decoder, "it ends early");
        for (int i = 0; i < n; i++)
            out[ready + i] = middle + (size_t)(y - first + i) * stride;
        ready += n;
        y += n;
        if (ready < 4 && y < end)
            continue;
        uint8_t *in[4];
        for (int i = 0; i < 4; i++) { /* the first again, where there are no four */
            in[i] = rows[i < ready ? i : 0];
            out[i] = out[i < ready ? i : 0];
        }
        style->resampler->across(columns, in, out, channels);
        ready = 0;
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

/* Put one row of pixels, or one column of a picture that lies on its side, into the canvas. */
static void put(const struct place *place, const struct style *style, int number,
                const uint8_t *line, int size) {
    size_t canvas = (size_t)place->canvas_height * place->canvas_width, step = 1, at;
    if (place->swap) {
        at = (size_t)place->top * place->canvas_width + place->left + number;
        step = place->canvas_width;
    } else {
        at = (size_t)(place->top + number) * place->canvas_width + place->left;
    }
    for (int channel = 0; channel < place->channels; channel++) {
        const uint8_t *from = line + channel;
        size_t apart = style->planes ? step : step * place->channels;
        size_t to = style->planes ? channel * canvas + at : at * place->channels + channel;
        if (style->table) {
            const float *table = style->table + 256 * channel;
            float *out = (float *)place->canvas + to;
            for (int i = 0; i < size; i++)
                out[i * apart] = table[from[(size_t)i * place->channels]];
        } else {
            uint8_t *out = (uint8_t *)place->canvas + to;
            for (int i = 0; i < size; i++)
                out[i * apart] = from[(size_t)i * place->channels];
        }
    }
}

static void surround(const struct place *place, const struct style *style) {
    size_t canvas = (size_t)place->canvas_height * place->canvas_width;
    size_t apart = style->planes ? 1 : place->channels;
    for (int channel = 0; channel < place->channels; channel++) {
        size_t at = style->planes ? channel * canvas : (size_t)channel;
        for (size_t i = 0; i < canvas; i++, at += apart) {
            if (style->table)
                ((float *)place->canvas)[at] = style->table[256 * channel + style->fill[channel]];
            else
                ((uint8_t *)place->canvas)[at] = style->fill[channel];
        }
    }
}

static void write_out(struct decoder *decoder, const struct place *place, const struct style *style,
                      const uint8_t *middle, size_t stride) {
    const struct axis *rows = &decoder->y;
    size_t width = (size_t)decoder->x.size * place->channels;
    int plain = !place->swap && !style->table && !style->planes;
    uint8_t *line = plain ? NULL : room(decoder, &decoder->line, width + SLACK);
    for (int i = 0; i < rows->size; i++) {
        size_t at = (size_t)(place->top + i) * place->canvas_width + place->left;
        uint8_t *out = plain ? (uint8_t *)place->canvas + at * place->channels : line;
        style->resampler->down(rows, i, middle, stride, out, width);
        if (!plain)
            put(place, style, i, line, decoder->x.size);
    }
}

static void decode_part(struct decoder *decoder, const uint8_t *blob, size_t length,
                        const struct header *header, const struct place *place,
                        const struct style *style) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    int height = place->swap ? place->width : place->height;
    int width = place->swap ? place->height : place->width;
    int factor = shrink(place->box, height, width, style->gap);
    const double *box = place->box;
    start(decoder, blob, length, header, factor);
    struct span across = {box[0] / factor, box[2] / factor, (int)jpeg->output_width, width,
                          place->swap ? place->flip_y : place->flip_x};
    struct span down = {box[1] / factor, box[3] / factor, (int)jpeg->output_height, height,
                        place->swap ? place->flip_x : place->flip_y};
    if (axis_of(&decoder->x, &across, style->filter) || axis_of(&decoder->y, &down, style->filter))
        decoder_fail(decoder, "out of memory");
    int x = cut(decoder);
    size_t stride = ((size_t)width * place->channels + 4 + 31) / 32 * 32;
    size_t rows = (size_t)(decoder->y.end - decoder->y.begin);
    uint8_t *middle = room(decoder, &decoder->middle, rows * stride + SLACK);
    read_rows(decoder, x, style, place->channels, middle, stride);
    check_end(decoder);
    write_out(decoder, place, style, middle, stride);
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
