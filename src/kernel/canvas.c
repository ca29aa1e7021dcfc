/* What is decoded, into the canvas where it belongs. */

#include "kernel.h"

#include <string.h>

/* Four at a time: the compiler does not know that it may. */
static void look_up(const float *table, const uint8_t *from, float *out, int size, size_t apart) {
    int i = 0;
    for (; apart == 1 && i + 4 <= size; i += 4) {
        float values[4] = {table[from[i]], table[from[i + 1]], table[from[i + 2]],
                           table[from[i + 3]]};
        memcpy(out + i, values, sizeof values);
    }
    for (; i < size; i++)
        out[i * apart] = table[from[i]];
}

/* Put one row of pixels, or one column of a picture that lies on its side, into the canvas. */
void put(const struct place *place, const struct style *style, int number, uint8_t *const lines[4],
         int size) {
    size_t canvas = (size_t)place->canvas_height * place->canvas_width, step = 1, at;
    if (place->swap) {
        at = (size_t)place->top * place->canvas_width + place->left + number;
        step = place->canvas_width;
    } else {
        at = (size_t)(place->top + number) * place->canvas_width + place->left;
    }
    if (place->channels == 3 && step == 1 && !style->table && !style->planes) {
        style->resampler->interleave(lines, (uint8_t *)place->canvas + 3 * at, (size_t)size);
        return;
    }
    for (int channel = 0; channel < place->channels; channel++) {
        const uint8_t *from = lines[channel];
        size_t apart = style->planes ? step : step * place->channels;
        size_t to = style->planes ? channel * canvas + at : at * place->channels + channel;
        if (style->table) {
            const float *table = style->table + 256 * channel;
            look_up(table, from, (float *)place->canvas + to, size, apart);
        } else {
            uint8_t *out = (uint8_t *)place->canvas + to;
            for (int i = 0; i < size; i++)
                out[i * apart] = from[i];
        }
    }
}

void surround(const struct place *place, const struct style *style) {
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
