/* The weights of Pillow's filters (precompute_coeffs in its Resample.c), held in 16 bits with as
   many of them behind the point as fit, and rounded so that those of one output sum to one exactly:
   what is flat stays flat. */

#include "kernel.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_BITS = 22, /* 8 more, and a sign, and what negative weights add, fill 32 */
    MOST_TAPS = 1 << 20,
};

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double bilinear(double x) {
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

static double bicubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0)
        return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

static double sinc(double x) {
    if (x == 0.0)
        return 1.0;
    x *= M_PI;
    return sin(x) / x;
}

static double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

static const struct {
    double (*weight)(double);
    double support;
} filters[FILTERS] = {
    [BOX] = {box, 0.5},
    [BILINEAR] = {bilinear, 1.0},
    [BICUBIC] = {bicubic, 2.0},
    [LANCZOS] = {lanczos, 3.0},
};

static int grow(void **memory, size_t *room, size_t wanted) {
    if (wanted <= *room)
        return 0;
    free(*memory);
    *memory = NULL;
    *room = 0;
    /* Room for what comes next, too: sizes differ from picture to picture. */
    wanted += wanted / 4;
    if (!(*memory = malloc(wanted)))
        return -1;
    *room = wanted;
    return 0;
}

static int axis_room(struct axis *axis, int size, int taps) {
    size_t stride = ((size_t)taps + 1) / 2 * 2, weights = (size_t)size * stride * sizeof(int16_t);
    if (grow((void **)&axis->first, &axis->room_first, (size_t)size * sizeof(int)) ||
        grow((void **)&axis->weights, &axis->room_weights, weights) ||
        grow((void **)&axis->exact, &axis->room_exact, (size_t)size * taps * sizeof(double)))
        return -1;
    axis->size = size;
    axis->taps = taps;
    axis->stride = stride;
    memset(axis->weights, 0, weights);
    return 0;
}

static int axis_of_nearest(struct axis *axis, const struct span *span) {
    if (axis_room(axis, span->size, 1))
        return -1;
    double step = (span->end - span->start) / span->size;
    double middle = span->start + step * 0.5;
    for (int i = 0; i < span->size; i++) {
        int at = span->mirrored ? span->size - 1 - i : i;
        axis->first[at] = clamp((int)floor(middle), 0, span->input - 1);
        axis->exact[at] = 1.0;
        /* Added up one by one: so ties fall to the same side as in Pillow. */
        middle += step;
    }
    return 0;
}

/* The inputs that an output is made of: from `*first`, as many as it gives. */
static int reach(const struct span *span, double middle, double support, int *first) {
    int begin = clamp((int)(middle - support + 0.5), 0, span->input - 1);
    int end = clamp((int)(middle + support + 0.5), begin + 1, span->input);
    *first = begin;
    return end - begin;
}

/* Give the exact weights of one output, which sum to 1. */
static void weigh(double *exact, int n, double offset, double stretch, enum filter filter) {
    double sum = 0.0;
    for (int k = 0; k < n; k++)
        sum += exact[k] = filters[filter].weight((k + offset) / stretch);
    if (sum == 0.0) /* in rounding only: the middle lies on the edge of a box */
        sum = exact[0] = 1.0;
    for (int k = 0; k < n; k++)
        exact[k] /= sum;
}

/* Round weights so that their sum stays one. */
static void rounded(const double *exact, int n, int shift, int16_t *weights) {
    double so_far = 0.5, one = 1 << shift;
    int before = 0;
    for (int k = 0; k < n; k++) {
        so_far += exact[k] * one;
        int upto = (int)so_far;
        upto -= so_far < upto; /* down, also below 0 */
        weights[k] = (int16_t)(upto - before);
        before = upto;
    }
}

static double middle_of(const struct span *span, double step, int at) {
    return span->start + ((span->mirrored ? span->size - 1 - at : at) + 0.5) * step;
}

static int axis_of_filter(struct axis *axis, const struct span *span, enum filter filter) {
    double step = (span->end - span->start) / span->size;
    double stretch = step < 1.0 ? 1.0 : step, support = filters[filter].support * stretch;
    int taps = 1, first;
    for (int at = 0; at < span->size; at++) {
        int n = reach(span, middle_of(span, step, at), support, &first);
        taps = n > taps ? n : taps;
    }
    if (taps > MOST_TAPS || axis_room(axis, span->size, taps))
        return -1;
    for (int at = 0; at < span->size; at++) {
        double *exact = axis->exact + (size_t)at * taps, middle = middle_of(span, step, at);
        int n = reach(span, middle, support, &first);
        /* All outputs have as many taps, within the input; those too many weigh nothing. */
        axis->first[at] = first < span->input - taps ? first : span->input - taps;
        memset(exact, 0, (size_t)taps * sizeof(double));
        exact += first - axis->first[at];
        weigh(exact, n, first - middle + 0.5, stretch, filter);
    }
    return 0;
}

/* Round the weights, with as many bits as fit, and note which inputs count. */
static void settle(struct axis *axis) {
    size_t n = (size_t)axis->size * axis->taps;
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        double weight = fabs(axis->exact[i]);
        largest = weight > largest ? weight : largest;
    }
    axis->shift = 0;
    while (axis->shift < MOST_BITS && largest * (1 << (axis->shift + 1)) < 32766)
        axis->shift++;
    axis->begin = INT_MAX;
    axis->end = 0;
    for (int at = 0; at < axis->size; at++) {
        rounded(axis->exact + (size_t)at * axis->taps, axis->taps, axis->shift,
                axis->weights + (size_t)at * axis->stride);
        int first = axis->first[at], end = first + axis->taps;
        axis->begin = first < axis->begin ? first : axis->begin;
        axis->end = end > axis->end ? end : axis->end;
    }
}

int axis_of(struct axis *axis, const struct span *span, enum filter filter) {
    if (filter == NEAREST ? axis_of_nearest(axis, span) : axis_of_filter(axis, span, filter))
        return -1;
    settle(axis);
    return 0;
}

/* The stored inputs that are looked at for the inputs from `first` to `last`. */
static int reach_through(int first, int last, int factor, int smooth, int length, int *from) {
    int begin = smooth ? (first - 1) >> 1 : first / factor;
    int end = smooth ? (last + 1) >> 1 : last / factor;
    *from = clamp(begin, 0, length - 1);
    return clamp(end, 0, length - 1) - *from + 1;
}

/* What is between two stored inputs is three parts of the nearer and one of the other, as in
   libjpeg-turbo's "fancy upsampling", here without rounding. */
int axis_through(struct axis *axis, const struct axis *whole, int factor, int smooth, int length) {
    int taps = 1, first;
    for (int at = 0; at < whole->size; at++) {
        int begin = whole->first[at], last = begin + whole->taps - 1;
        int n = reach_through(begin, last, factor, smooth, length, &first);
        taps = n > taps ? n : taps;
    }
    if (axis_room(axis, whole->size, taps))
        return -1;
    memset(axis->exact, 0, (size_t)axis->size * taps * sizeof(double));
    for (int at = 0; at < whole->size; at++) {
        const double *from = whole->exact + (size_t)at * whole->taps;
        double *exact = axis->exact + (size_t)at * taps;
        int begin = whole->first[at], last = begin + whole->taps - 1;
        reach_through(begin, last, factor, smooth, length, &first);
        first = axis->first[at] = first < length - taps ? first : length - taps;
        for (int i = begin; i <= last; i++) {
            double weight = from[i - begin];
            int near = clamp(i / factor, 0, length - 1);
            if (smooth) {
                int other = clamp(i / 2 + (i % 2 ? 1 : -1), 0, length - 1);
                exact[other - first] += 0.25 * weight;
                weight *= 0.75;
            }
            exact[near - first] += weight;
        }
    }
    settle(axis);
    return 0;
}

void axis_free(struct axis *axis) {
    free(axis->first);
    free(axis->weights);
    free(axis->exact);
}
