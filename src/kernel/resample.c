/* Antialiased resampling of planes, one axis after the other, and what becomes of them then. All
   ways of the same sums give the same bytes. */

#include "kernel.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_AVX2 1
#include <immintrin.h>
#endif

enum {
    LEAST = -(128 << FRACTION), /* no filter overshoots further, and colours still fit 32 bits */
    MOST = 384 << FRACTION,
};

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
