/* Antialiased resampling with Pillow's filters, in whole numbers.

   The weights are Pillow's (precompute_coeffs in its Resample.c), held in 16 bits with as many of
   them behind the point as fit, and rounded so that those of one output sum to one exactly: what
   is flat stays flat. All ways of the same sums give the same bytes. */

#include "kernel.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_AVX2 1
#include <immintrin.h>
#endif

enum {
    MOST_BITS = 22, /* 8 more, and a sign, and what negative weights add, fill 32 */
    MOST_TAPS = 1 << 20,
    LEAST = -(128 << FRACTION), /* no filter overshoots further, and colours still fit 32 bits */
    MOST = 384 << FRACTION,
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

static int clamp(int value, int least, int most) {
    return value < least ? least : value > most ? most : value;
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

static uint8_t level(int32_t sum, int shift) { return (uint8_t)clamp(sum >> shift, 0, 255); }

static void weave(const uint8_t *const rows[4], uint8_t *quads, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (int row = 0; row < 4; row++)
            quads[4 * i + row] = rows[row][i];
}

static void unweave(const uint8_t *quads, uint8_t *const rows[4], size_t n) {
    for (size_t i = 0; i < n; i++)
        for (int row = 0; row < 4; row++)
            rows[row][i] = quads[4 * i + row];
}

static void across(const struct axis *axis, uint8_t *const quads[4], uint8_t *const out[4]) {
    for (int four = 0; four < 4; four++)
        for (int i = 0; i < axis->size; i++) {
            const int16_t *weights = axis->weights + (size_t)i * axis->stride;
            const uint8_t *in = quads[four] + (size_t)(axis->first[i] - axis->begin) * 4;
            for (int row = 0; row < 4; row++) {
                int32_t sum = 1 << axis->shift >> 1;
                for (int k = 0; k < axis->taps; k++)
                    sum += weights[k] * in[4 * k + row];
                out[four][4 * i + row] = level(sum, axis->shift);
            }
        }
}

static void down(const struct axis *axis, int row, const uint8_t *rows, size_t stride, int16_t *out,
                 size_t width) {
    const int16_t *weights = axis->weights + (size_t)row * axis->stride;
    const uint8_t *in = rows + (size_t)(axis->first[row] - axis->begin) * stride;
    const int shift = axis->shift - FRACTION;
    enum { BLOCK = 64 };
    for (size_t at = 0; at < width; at += BLOCK) {
        int32_t sums[BLOCK];
        size_t n = width - at < BLOCK ? width - at : BLOCK;
        for (size_t i = 0; i < n; i++)
            sums[i] = 1 << shift >> 1;
        for (int k = 0; k < axis->taps; k++)
            for (size_t i = 0; i < n; i++)
                sums[i] += weights[k] * in[(size_t)k * stride + at + i];
        for (size_t i = 0; i < n; i++)
            out[at + i] = (int16_t)clamp(sums[i] >> shift, LEAST, MOST);
    }
}

static inline __attribute__((always_inline)) void levels_of(const int16_t *restrict line,
                                                            uint8_t *restrict out, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = level(line[i] + (1 << FRACTION >> 1), FRACTION);
}

/* The numbers of libjpeg (jdcolor.c). */
static inline __attribute__((always_inline)) void
colours_of(const int16_t *restrict luma, const int16_t *restrict blueness,
           const int16_t *restrict redness, uint8_t *restrict reds, uint8_t *restrict greens,
           uint8_t *restrict blues, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int y = luma[i] * 65536 + (1 << (15 + FRACTION));
        int u = blueness[i] - (128 << FRACTION), v = redness[i] - (128 << FRACTION);
        reds[i] = level(y + 91881 * v, 16 + FRACTION);
        greens[i] = level(y - 22554 * u - 46802 * v, 16 + FRACTION);
        blues[i] = level(y + 116130 * u, 16 + FRACTION);
    }
}

static void levels(const int16_t *line, uint8_t *out, size_t n) { levels_of(line, out, n); }

static void colours(const int16_t *const lines[3], uint8_t *const out[3], size_t n) {
    colours_of(lines[0], lines[1], lines[2], out[0], out[1], out[2], n);
}

static void interleave(uint8_t *const planes[3], uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (int channel = 0; channel < 3; channel++)
            out[3 * i + channel] = planes[channel][i];
}

static const struct resampler portable = {weave,  unweave, across,    down,
                                          levels, colours, interleave};

#if HAVE_AVX2

#define AVX2 __attribute__((target("avx2")))

/* Two quads at once, one in each half: the sums of four more taps, or of two. */
AVX2 static inline __m256i taps(__m256i sum, const uint8_t *low, const uint8_t *high,
                                const int16_t *weights, int n) {
    /* Of two quads the bytes beside each other, each made 16 bits long. */
    const __m256i first = _mm256_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7,
                                           -1, /* and the same again */
                                           0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1);
    const __m256i second = _mm256_add_epi8(first, _mm256_set1_epi16(8));
    __m256i pixels =
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
                                _mm_loadu_si128((const __m128i *)high), 1);
    int32_t pair;
    memcpy(&pair, weights, 4);
    sum = _mm256_add_epi32(
        sum, _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, first), _mm256_set1_epi32(pair)));
    if (n == 2)
        return sum;
    memcpy(&pair, weights + 2, 4);
    return _mm256_add_epi32(
        sum, _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, second), _mm256_set1_epi32(pair)));
}

static inline void store(uint8_t *to, uint64_t quad) {
    uint32_t low = (uint32_t)quad;
    memcpy(to, &low, 4);
}

AVX2 static void across_avx2(const struct axis *axis, uint8_t *const quads[4],
                             uint8_t *const out[4]) {
    const __m256i half = _mm256_set1_epi32(1 << axis->shift >> 1);
    const __m128i shift = _mm_cvtsi32_si128(axis->shift);
    /* Held apart from the bytes that are written, which might change them for all that the compiler
       knows. */
    const uint8_t *const a = quads[0], *const b = quads[1], *const c = quads[2],
                         *const d = quads[3];
    uint8_t *const to_a = out[0], *const to_b = out[1], *const to_c = out[2], *const to_d = out[3];
    const int *const firsts = axis->first;
    const int16_t *weights = axis->weights;
    const int size = axis->size, begin = axis->begin, count = axis->taps;
    const size_t stride = axis->stride;
    for (int i = 0; i < size; i++, weights += stride) {
        size_t at = (size_t)(firsts[i] - begin) * 4, to = (size_t)i * 4;
        __m256i ab = half, cd = half;
        int k = 0;
        for (; k + 2 < count; k += 4, at += 16) {
            ab = taps(ab, a + at, b + at, weights + k, 4);
            cd = taps(cd, c + at, d + at, weights + k, 4);
        }
        if (k < count) {
            ab = taps(ab, a + at, b + at, weights + k, 2);
            cd = taps(cd, c + at, d + at, weights + k, 2);
        }
        __m256i words =
            _mm256_packs_epi32(_mm256_sra_epi32(ab, shift), _mm256_sra_epi32(cd, shift));
        __m256i bytes = _mm256_packus_epi16(words, words);
        uint64_t ac = (uint64_t)_mm256_extract_epi64(bytes, 0);
        uint64_t bd = (uint64_t)_mm256_extract_epi64(bytes, 2);
        store(to_a + to, ac);
        store(to_b + to, bd);
        store(to_c + to, ac >> 32);
        store(to_d + to, bd >> 32);
    }
}

AVX2 static void weave_avx2(const uint8_t *const rows[4], uint8_t *quads, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(rows[0] + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(rows[1] + i));
        __m128i c = _mm_loadu_si128((const __m128i *)(rows[2] + i));
        __m128i d = _mm_loadu_si128((const __m128i *)(rows[3] + i));
        __m128i ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
        __m128i *out = (__m128i *)(quads + 4 * i);
        _mm_storeu_si128(out, _mm_unpacklo_epi16(ab, cd));
        _mm_storeu_si128(out + 1, _mm_unpackhi_epi16(ab, cd));
        ab = _mm_unpackhi_epi8(a, b), cd = _mm_unpackhi_epi8(c, d);
        _mm_storeu_si128(out + 2, _mm_unpacklo_epi16(ab, cd));
        _mm_storeu_si128(out + 3, _mm_unpackhi_epi16(ab, cd));
    }
}

AVX2 static void unweave_avx2(const uint8_t *quads, uint8_t *const rows[4], size_t n) {
    const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    for (size_t i = 0; i < n; i += 16) {
        const __m128i *in = (const __m128i *)(quads + 4 * i);
        __m128i a = _mm_shuffle_epi8(_mm_loadu_si128(in), order);
        __m128i b = _mm_shuffle_epi8(_mm_loadu_si128(in + 1), order);
        __m128i c = _mm_shuffle_epi8(_mm_loadu_si128(in + 2), order);
        __m128i d = _mm_shuffle_epi8(_mm_loadu_si128(in + 3), order);
        __m128i ab = _mm_unpacklo_epi32(a, b), cd = _mm_unpacklo_epi32(c, d);
        _mm_storeu_si128((__m128i *)(rows[0] + i), _mm_unpacklo_epi64(ab, cd));
        _mm_storeu_si128((__m128i *)(rows[1] + i), _mm_unpackhi_epi64(ab, cd));
        ab = _mm_unpackhi_epi32(a, b), cd = _mm_unpackhi_epi32(c, d);
        _mm_storeu_si128((__m128i *)(rows[2] + i), _mm_unpacklo_epi64(ab, cd));
        _mm_storeu_si128((__m128i *)(rows[3] + i), _mm_unpackhi_epi64(ab, cd));
    }
}

AVX2 static void levels_avx2(const int16_t *line, uint8_t *out, size_t n) {
    levels_of(line, out, n);
}

AVX2 static void colours_avx2(const int16_t *const lines[3], uint8_t *const out[3], size_t n) {
    colours_of(lines[0], lines[1], lines[2], out[0], out[1], out[2], n);
}

/* Where the bytes of each channel belong in each third of what 16 pixels become. */
static const int8_t thirds[3][3][16] = {
    {
        {0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1, 5},
        {-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1},
        {-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1},
    },
    {
        {-1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10, -1},
        {5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10},
        {-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1},
    },
    {
        {-1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1, -1},
        {-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1},
        {10, -1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15},
    },
};

AVX2 static inline __m128i third(const __m128i channels[3], int part) {
    __m128i sum = _mm_setzero_si128();
    for (int channel = 0; channel < 3; channel++) {
        __m128i order = _mm_loadu_si128((const __m128i *)thirds[part][channel]);
        sum = _mm_or_si128(sum, _mm_shuffle_epi8(channels[channel], order));
    }
    return sum;
}

AVX2 static void interleave_avx2(uint8_t *const planes[3], uint8_t *out, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i channels[3];
        for (int channel = 0; channel < 3; channel++)
            channels[channel] = _mm_loadu_si128((const __m128i *)(planes[channel] + i));
        for (int part = 0; part < 3; part++)
            _mm_storeu_si128((__m128i *)(out + 3 * i) + part, third(channels, part));
    }
    uint8_t *const rest[3] = {planes[0] + i, planes[1] + i, planes[2] + i};
    interleave(rest, out + 3 * i, n - i);
}

AVX2 static void down_avx2(const struct axis *axis, int row, const uint8_t *rows, size_t stride,
                           int16_t *out, size_t width) {
    const int16_t *weights = axis->weights + (size_t)row * axis->stride;
    int first = axis->first[row] - axis->begin, last = axis->end - axis->begin - 1;
    const __m256i zero = _mm256_setzero_si256();
    const __m256i least = _mm256_set1_epi16(LEAST), most = _mm256_set1_epi16(MOST);
    const __m256i half = _mm256_set1_epi32(1 << (axis->shift - FRACTION) >> 1);
    const __m128i shift = _mm_cvtsi32_si128(axis->shift - FRACTION);
    for (size_t at = 0; at < width; at += 32) {
        __m256i sums[4] = {half, half, half, half};
        for (int k = 0; k < axis->taps; k += 2) {
            /* A tap beyond the last row weighs nothing. */
            int one = first + k < last ? first + k : last;
            int two = first + k + 1 < last ? first + k + 1 : last;
            __m256i a = _mm256_loadu_si256((const __m256i *)(rows + (size_t)one * stride + at));
            __m256i b = _mm256_loadu_si256((const __m256i *)(rows + (size_t)two * stride + at));
            int32_t pair;
            memcpy(&pair, weights + k, 4);
            __m256i weight = _mm256_set1_epi32(pair);
            __m256i low = _mm256_unpacklo_epi8(a, b), high = _mm256_unpackhi_epi8(a, b);
            __m256i parts[4] = {_mm256_unpacklo_epi8(low, zero), _mm256_unpackhi_epi8(low, zero),
                                _mm256_unpacklo_epi8(high, zero), _mm256_unpackhi_epi8(high, zero)};
            for (int i = 0; i < 4; i++)
                sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(parts[i], weight));
        }
        for (int i = 0; i < 4; i++)
            sums[i] = _mm256_sra_epi32(sums[i], shift);
        /* Eight of each half, then the eight that follow them. */
        __m256i these = _mm256_packs_epi32(sums[0], sums[1]);
        __m256i those = _mm256_packs_epi32(sums[2], sums[3]);
        these = _mm256_min_epi16(_mm256_max_epi16(these, least), most);
        those = _mm256_min_epi16(_mm256_max_epi16(those, least), most);
        __m256i *to = (__m256i *)(out + at);
        _mm256_storeu_si256(to, _mm256_permute2x128_si256(these, those, 0x20));
        _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(these, those, 0x31));
    }
}

static const struct resampler avx2 = {weave_avx2,  unweave_avx2, across_avx2,    down_avx2,
                                      levels_avx2, colours_avx2, interleave_avx2};

#endif

const struct resampler *resampler_of(int plain) {
#if HAVE_AVX2
    if (!plain && __builtin_cpu_supports("avx2"))
        return &avx2;
#endif
    (void)plain;
    return &portable;
}

const char *resampler_name(void) { return resampler_of(0) == &portable ? "portable" : "AVX2"; }
