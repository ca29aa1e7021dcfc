/* The components of a picture, each with pixels of its own, a band of rows after the other: colours
   are often stored in fewer, and are resampled from those.

   Sequential pictures are gone through block by block, and only the blocks that are needed become
   pixels, by libjpeg-turbo's inverse DCT. Those of several scans it decodes as a whole. */

#include "kernel.h"

#include <string.h>

/* As in jpegint.h, which is not installed; the beginning is the same in all versions. */
struct jpeg_inverse_dct {
    void (*start_pass)(j_decompress_ptr jpeg);
    void (*inverse_DCT[MAX_COMPONENTS])(j_decompress_ptr jpeg, jpeg_component_info *component,
                                        JCOEFPTR block, JSAMPARRAY rows, JDIMENSION column);
};

enum { LEAST_ROWS = 16 }; /* of a band: as many as are resampled at once */

/* Whether what lies between stored pixels is interpolated, as jinit_upsampler of libjpeg-turbo
   decides; else it is the nearest of them. */
static int is_smooth(j_decompress_ptr jpeg, const jpeg_component_info *component, int across,
                     int down) {
    if (jpeg->MIN_DCT_SCALED_SIZE == 1 || across > 2 || down > 2)
        return 0;
    return across == 1 || component->downsampled_width > 2;
}

static const struct axis *through(struct decoder *decoder, struct axis *own,
                                  const struct axis *whole, int factor, int smooth, int length) {
    if (factor == 1)
        return whole;
    if (axis_through(own, whole, factor, smooth, length))
        decoder_fail(decoder, "out of memory");
    return own;
}

/* Say how the pixels of a component lie to those of the picture. */
static void measure(struct decoder *decoder, int number) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    const jpeg_component_info *component = &jpeg->comp_info[number];
    struct plane *plane = &decoder->planes[number];
    /* A component that is alone has MCUs of one block. */
    int single = decoder->entropy.at_work && jpeg->num_components == 1;
    int size = component->DCT_SCALED_SIZE;
    plane->wide = single ? size : component->h_samp_factor * size;
    plane->tall = single ? size : component->v_samp_factor * size;
    int wide = single ? size : jpeg->max_h_samp_factor * jpeg->MIN_DCT_SCALED_SIZE;
    int tall = single ? size : jpeg->max_v_samp_factor * jpeg->MIN_DCT_SCALED_SIZE;
    if (wide % plane->wide || tall % plane->tall)
        decoder_fail(decoder, "not of the common kind");
    if (number == 2) { /* mostly as the one before */
        const struct plane *before = &decoder->planes[1];
        plane->x = before->x;
        plane->y = before->y;
        if (plane->wide == before->wide && plane->tall == before->tall)
            return;
    }
    int across = wide / plane->wide, down = tall / plane->tall;
    int smooth = is_smooth(jpeg, component, across, down);
    plane->x = through(decoder, &plane->own_x, &decoder->x, across, smooth,
                       (int)component->downsampled_width);
    plane->y = through(decoder, &plane->own_y, &decoder->y, down, smooth,
                       (int)component->downsampled_height);
}

static void spread(int *first, int *beyond, const struct axis *axis, int size) {
    int begin = axis->begin / size, end = (axis->end + size - 1) / size;
    *first = begin < *first ? begin : *first;
    *beyond = end > *beyond ? end : *beyond;
}

/* Choose the MCUs that are needed, and make room for a band of them. */
void planes_start(struct decoder *decoder) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    struct bands *bands = &decoder->bands;
    int least = LEAST_ROWS;
    *bands = (struct bands){.left = (int)jpeg->output_width, .next = (int)jpeg->output_height};
    for (int i = 0; i < jpeg->num_components; i++) {
        struct plane *plane = &decoder->planes[i];
        measure(decoder, i);
        spread(&bands->left, &bands->right, plane->x, plane->wide);
        spread(&bands->next, &bands->end, plane->y, plane->tall);
        least = plane->tall < least ? plane->tall : least;
    }
    if (!decoder->entropy.at_work) {
        int wide = jpeg->max_h_samp_factor * DCTSIZE;
        bands->left = bands->next = 0;
        bands->right = ((int)jpeg->image_width + wide - 1) / wide;
    }
    bands->rows = (LEAST_ROWS + least - 1) / least;
    for (int i = 0; i < jpeg->num_components; i++) {
        struct plane *plane = &decoder->planes[i];
        size_t rows = (size_t)bands->rows * plane->tall;
        plane->stride = (size_t)(bands->right - bands->left) * plane->wide + SLACK;
        uint8_t *pixels = room(decoder, &plane->pixels, rows * plane->stride);
        for (size_t row = 0; row < rows; row++)
            plane->lines[row] = pixels + row * plane->stride;
    }
    for (int row = 0; decoder->entropy.at_work && row < bands->next; row++)
        for (unsigned column = 0; column < jpeg->MCUs_per_row; column++)
            entropy_mcu(&decoder->entropy, NULL);
}

/* The pixels of one MCU. */
static void transform(struct decoder *decoder, int row, int column) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    JBLOCK *block = decoder->blocks;
    for (int i = 0; i < jpeg->num_components; i++) {
        jpeg_component_info *component = jpeg->cur_comp_info[i];
        struct plane *plane = &decoder->planes[component->component_index];
        int size = component->DCT_SCALED_SIZE;
        for (int y = 0; y < plane->tall; y += size)
            for (int x = 0; x < plane->wide; x += size)
                jpeg->idct->inverse_DCT[component->component_index](
                    jpeg, component, *block++, plane->lines + row * plane->tall + y,
                    (JDIMENSION)(column * plane->wide + x));
    }
}

/* One row of MCUs, in row `row` of the band. */
static void read_row(struct decoder *decoder, int row) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    const struct bands *bands = &decoder->bands;
    for (int column = 0; column < (int)jpeg->MCUs_per_row; column++) {
        if (column < bands->left || column >= bands->right) {
            entropy_mcu(&decoder->entropy, NULL);
            continue;
        }
        memset(decoder->blocks, 0, (size_t)jpeg->blocks_in_MCU * sizeof(JBLOCK));
        entropy_mcu(&decoder->entropy, decoder->blocks);
        transform(decoder, row, column - bands->left);
    }
}

/* The same, by libjpeg-turbo. */
static void read_whole_row(struct decoder *decoder, int row) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    JSAMPARRAY lines[MAX_COMPS_IN_SCAN];
    for (int i = 0; i < jpeg->num_components; i++)
        lines[i] = decoder->planes[i].lines + row * decoder->planes[i].tall;
    if (!jpeg_read_raw_data(jpeg, lines, (JDIMENSION)(jpeg->max_v_samp_factor * DCTSIZE)))
        decoder_fail(decoder, "it ends early");
}

/* Make the pixels of the next rows of MCUs; give how many of them, 0 at the end. */
int planes_next(struct decoder *decoder) {
    struct bands *bands = &decoder->bands;
    int n = bands->end - bands->next < bands->rows ? bands->end - bands->next : bands->rows;
    for (int row = 0; row < n; row++)
        if (decoder->entropy.at_work)
            read_row(decoder, row);
        else
            read_whole_row(decoder, row);
    bands->next += n;
    return n;
}
