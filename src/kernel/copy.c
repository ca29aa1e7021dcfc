/* Pixels that are not resampled: they are those of libjpeg-turbo, bit by bit. */

#include "kernel.h"

/* As in jpegint.h, which is not installed; the beginning is the same in all versions. */
struct jpeg_entropy_decoder {
    void (*start_pass)(j_decompress_ptr jpeg);
    boolean (*decode_mcu)(j_decompress_ptr jpeg, JBLOCKROW *blocks);
};

static boolean decode_mcu(j_decompress_ptr jpeg, JBLOCKROW *blocks) {
    struct decoder *decoder = (struct decoder *)jpeg;
    struct bands *bands = &decoder->bands;
    int wanted = bands->column >= bands->left && bands->column < bands->right;
    bands->column = (bands->column + 1) % (int)jpeg->MCUs_per_row;
    /* The blocks lie behind each other. */
    entropy_mcu(&decoder->entropy, blocks && wanted ? blocks[0] : NULL);
    return TRUE;
}

/* Whether columns can be left out: libjpeg-turbo 2.1.5 mixes them up where rarely sampled
   components (4:1:0, say) are shrunk. */
static int can_crop(j_decompress_ptr jpeg) {
    return jpeg->scale_denom == 1 || (jpeg->max_h_samp_factor <= 2 && jpeg->max_v_samp_factor <= 2);
}

/* Leave out the columns and rows that are not needed; give the first column that is left. Cuts are
   made where blocks of all components meet, and one block further out: upsampling looks at its
   neighbours. */
static int cut(struct decoder *decoder, int left, int right, int top) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    int tall = jpeg->max_v_samp_factor * jpeg->MIN_DCT_SCALED_SIZE;
    int wide = jpeg->num_components > 1 ? jpeg->max_h_samp_factor * jpeg->MIN_DCT_SCALED_SIZE
                                        : jpeg->MIN_DCT_SCALED_SIZE;
    struct bands *bands = &decoder->bands;
    *bands = (struct bands){.right = (int)jpeg->MCUs_per_row};
    if (!decoder->entropy.at_work)
        return 0; /* decoded as a whole */
    jpeg->entropy->decode_mcu = decode_mcu;
    JDIMENSION x = 0, width;
    int begin = left / wide - 1, end = (right + wide - 1) / wide + 1;
    begin = begin < 0 ? 0 : begin;
    end = end > bands->right ? bands->right : end;
    if ((begin > 0 || end < bands->right) && can_crop(jpeg)) {
        x = (JDIMENSION)(begin * wide);
        width = (JDIMENSION)(end * wide) - x;
        width = width < jpeg->output_width - x ? width : jpeg->output_width - x;
        jpeg_crop_scanline(jpeg, &x, &width);
        bands->left = begin;
        bands->right = end;
    }
    if (top / tall > 1)
        jpeg_skip_scanlines(jpeg, (JDIMENSION)((top / tall - 1) * tall));
    return (int)x;
}

void copy(struct decoder *decoder, const struct span *columns, const struct span *rows,
          const struct place *place, const struct style *style) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    int left = (int)columns->start, top = (int)rows->start;
    int x = cut(decoder, left, left + columns->size, top);
    size_t width = (size_t)columns->size, stride = (size_t)jpeg->output_width * 4;
    uint8_t *bytes = room(decoder, &decoder->lines, 4 * width + stride + SLACK);
    uint8_t *out[4] = {bytes, bytes + width, bytes + 2 * width, bytes + 3 * width};
    JSAMPROW line = bytes + 4 * width;
    while ((int)jpeg->output_scanline < top)
        jpeg_read_scanlines(jpeg, &line, 1);
    for (int row = 0; row < rows->size; row++) {
        if (!jpeg_read_scanlines(jpeg, &line, 1))
            decoder_fail(decoder, "it ends early");
        const uint8_t *from = line + (size_t)(left - x) * 4;
        for (size_t i = 0; i < width; i++)
            for (int channel = 0; channel < 4; channel++)
                out[channel][columns->mirrored ? width - 1 - i : i] = from[4 * i + channel];
        put(place, style, rows->mirrored ? rows->size - 1 - row : row, out, columns->size);
    }
}
