/* The entropy decoder of sequential Huffman JPEGs, in place of libjpeg-turbo's, which takes most of
   the time of a photograph.

   One look into a table gives a code with the value behind it, not one after the other; where only
   the place of what comes next is wanted (rows and columns outside of a box), one look passes over
   several of them. Bytes are freed of what is stuffed between them some kilobytes at a time, so
   that 64 bits are loaded without looking at each. The coefficients are libjpeg-turbo's, bit by
   bit; whatever it would warn of is an error.

   libjpeg-turbo reads the headers, and decodes what comes in several scans. */

#include "kernel.h"

#include <string.h>

enum {
    ENTRIES = 1 << LOOK,
    MCU_BYTES = D_MAX_BLOCKS_IN_MCU * 64 * 4, /* no more are needed for one */
    NO_MORE = 1,                              /* in the place of a marker */

    /* An entry is 6 bits of how many to take (code and value), 8 of how many zeros come before, and
       16 of the value. Or, where the value does not fit into what is looked at, the bits of the
       code and the size of the value; or, for codes that do not fit, LONG_CODE alone. */
    LENGTH = 0x3F,
    VALUE_BEHIND = 0x40,
    LONG_CODE = 0x80,
    END_OF_BLOCK = 64, /* zeros */

    /* Of passes[]: how many to take, whether the block ends, and how many coefficients those are;
       0 for a long code. */
    PASS_LENGTH = 0x1F,
    PASS_ENDS = 0x20,
    PASS_COUNT = 6,
};

/* Where coefficients lie; those beyond the last on it, as in libjpeg. */
static const uint8_t places[64 + 16 + END_OF_BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18,
    11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43,
    36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45,
    38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, [64 ... 64 + 15 + END_OF_BLOCK] = 63,
};

/* Tables */

static uint32_t entry(int length, int run, int value) {
    return (uint32_t)value << 16 | (uint32_t)run << 8 | (uint32_t)length;
}

static int extended(uint32_t bits, int size) {
    return size && !(bits >> (size - 1)) ? (int)bits - (1 << size) + 1 : (int)bits;
}

static int zeros(int symbol) { /* before the value of an AC symbol */
    int run = symbol >> 4;
    return (symbol & 15) || run == 15 ? run : END_OF_BLOCK;
}

/* Alone, the second is the first once more: one place back, the same value. */
static struct pair alone(uint32_t first) {
    return (struct pair){first, (first & ~0xFFFFu) | 0xFF00 | (first & LENGTH)};
}

static inline uint32_t first_of(struct pair pair) {
    return (pair.first & ~(uint32_t)LENGTH) | (pair.second & LENGTH);
}

static void make_entries(struct table *table, const JHUFF_TBL *source) {
    uint32_t code = 0;
    int number = 0;
    for (int i = 0; i < ENTRIES; i++) {
        table->pairs[i] = alone(LONG_CODE);
        table->lengths[i] = LOOK + 1;
    }
    for (int length = 1; length <= 16; length++, code <<= 1) {
        table->offsets[length] = number - (int)code;
        for (int i = 0; i < source->bits[length]; i++, code++, number++) {
            int symbol = source->huffval[number], run = zeros(symbol), size = symbol & 15;
            int spare = LOOK - length - size;
            for (uint32_t rest = 0; length <= LOOK && rest < 1u << (LOOK - length); rest++) {
                uint32_t bits = code << (LOOK - length) | rest;
                table->lengths[bits] = (uint8_t)length;
                table->pairs[bits] =
                    alone(spare < 0 ? entry(VALUE_BEHIND | length, run, size)
                                    : entry(length + size, run, extended(rest >> spare, size)));
            }
        }
        table->limits[length] = code << (16 - length);
    }
}

/* With each that leaves room for it the next one. */
static void make_pairs(struct table *table) {
    for (uint32_t i = 0; i < ENTRIES; i++) {
        struct pair *pair = &table->pairs[i];
        uint32_t first = first_of(*pair), length = first & LENGTH;
        if (first & (VALUE_BEHIND | LONG_CODE) || (first >> 8 & 0xFF) == END_OF_BLOCK)
            continue;
        uint32_t next = first_of(table->pairs[i << length & (ENTRIES - 1)]);
        if (next & (VALUE_BEHIND | LONG_CODE) || length + (next & LENGTH) > LOOK)
            continue;
        pair->first += next & LENGTH;
        pair->second = (next & ~(uint32_t)LENGTH) | length;
    }
}

__attribute__((noinline)) static void make_passes(struct table *table) {
    table->passable = 1;
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint32_t taken = 0, count = 0, ends = 0;
        while (taken < LOOK && !ends) {
            uint32_t bits = i << taken & (ENTRIES - 1), found = first_of(table->pairs[bits]);
            uint32_t length = table->lengths[bits], run = found >> 8 & 0xFF;
            ends = run == END_OF_BLOCK;
            if (length > LOOK - taken || (!ends && count + run + 1 > 63)) {
                ends = 0;
                break;
            }
            taken += found & VALUE_BEHIND ? length + (found >> 16) : found & LENGTH;
            count += ends ? 0 : run + 1;
        }
        table->passes[i] = (uint16_t)(taken | ends * PASS_ENDS | count << PASS_COUNT);
    }
}

static struct table *tables_for(struct entropy *entropy, const JHUFF_TBL *source, int number,
                                int is_dc) {
    struct table *table = &entropy->tables[is_dc][number];
    if (table->made && !memcmp(table->source.bits, source->bits, sizeof source->bits) &&
        !memcmp(table->source.huffval, source->huffval, sizeof source->huffval))
        return table;
    table->source = *source;
    table->made = 1;
    table->passable = 0;
    make_entries(table, source);
    if (!is_dc)
        make_pairs(table);
    return table;
}

/* Bits */

static inline uint64_t next_64(const uint8_t *at) {
    return (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 |
           (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 |
           (uint64_t)at[6] << 8 | (uint64_t)at[7];
}

/* At least 56 bits are held then. */
static inline void fill(struct bits *bits) {
    bits->held |= next_64(bits->at) >> bits->count;
    bits->at += (63 - bits->count) >> 3;
    bits->count |= 56;
}

static inline void drop(struct bits *bits, int length) {
    bits->held <<= length;
    bits->count -= length;
}

/* Free bytes of what is stuffed between them, until there is enough for an MCU, or a marker. */
static void unstuff(struct entropy *entropy) {
    size_t ready = (size_t)(entropy->end - entropy->bits.at);
    memmove(entropy->bytes, entropy->bits.at, ready);
    uint8_t *out = entropy->bytes + ready, *full = entropy->bytes + CHUNK;
    const uint8_t *from = entropy->from, *last = entropy->last;
    while (out < full && !entropy->marker) {
        size_t room = (size_t)(full - out), there = (size_t)(last - from);
        size_t n = there < room ? there : room;
        const uint8_t *stop = memchr(from, 0xFF, n);
        n = stop ? (size_t)(stop - from) : n;
        memcpy(out, from, n);
        out += n;
        from += n;
        while (stop && from < last && *from == 0xFF)
            from++;
        if (from == last)
            entropy->marker = NO_MORE;
        else if (stop && *from++)
            entropy->marker = from[-1];
        else if (stop)
            *out++ = 0xFF;
    }
    if (entropy->marker)
        memset(out, 0, MCU_BYTES + SLACK);
    entropy->from = from;
    entropy->end = out;
    entropy->bits.at = entropy->bytes;
}

/* Blocks */

/* What the short way does not know: an entry with all its bits; LONG_CODE if there is no such code.
 */
static inline uint32_t resolve(uint64_t held, const struct table *table, uint32_t found) {
    int length = found & LENGTH, run = found >> 8 & 0xFF, size = (int)(found >> 16);
    if (found & LONG_CODE) {
        uint32_t code = (uint32_t)(held >> 48);
        length = LOOK + 1;
        for (int i = LOOK + 1; i <= 16; i++)
            length += code >= table->limits[i];
        if (length > 16)
            return entry(LONG_CODE, END_OF_BLOCK, 0);
        int symbol =
            table->source.huffval[(table->offsets[length] + (int)(code >> (16 - length))) & 255];
        run = zeros(symbol);
        size = symbol & 15;
    }
    uint64_t rest = held << length;
    int value = (int)(rest >> 1 >> (63 - size));
    value += ((int64_t)rest >= 0) * (1 - (1 << size));
    return entry(length + size, run, value);
}

static inline uint32_t look(struct bits *bits, const struct table *table) {
    uint32_t found = first_of(table->pairs[bits->held >> (64 - LOOK)]);
    if (found & (VALUE_BEHIND | LONG_CODE)) {
        found = resolve(bits->held, table, found);
        bits->bad |= found & LONG_CODE;
    }
    drop(bits, found & LENGTH);
    return found;
}

/* Read one or two coefficients, and give the place of the next, 64 or more at the end. */
static inline int read_some(struct bits *bits, const struct table *table, JCOEF *block, int k) {
    const struct pair found = table->pairs[bits->held >> (64 - LOOK)];
    const struct bits before = *bits;
    if (found.first & (VALUE_BEHIND | LONG_CODE)) {
        uint32_t only = look(bits, table);
        fill(bits);
        k += only >> 8 & 0xFF;
        block[places[k]] = (JCOEF)(only >> 16);
        return k + 1;
    }
    drop(bits, found.first & LENGTH);
    k += found.first >> 8 & 0xFF;
    block[places[k]] = (JCOEF)(found.first >> 16);
    int next = k + 1 + (int8_t)(found.second >> 8 & 0xFF);
    block[places[next]] = (JCOEF)(found.second >> 16);
    if (next >= 63 && k >= 63) { /* what seems to be the second is of the next block */
        *bits = before;
        drop(bits, found.second & LENGTH);
        block[63] = (JCOEF)(found.first >> 16);
    }
    return next + 1;
}

static inline void read_block(struct bits *bits, const struct table *table, JCOEF *block) {
    for (int k = 1;;) {
        fill(bits); /* enough for two short ways and a long one */
        if ((k = read_some(bits, table, block, k)) >= 64)
            return;
        if ((k = read_some(bits, table, block, k)) >= 64)
            return;
        if ((k = read_some(bits, table, block, k)) >= 64)
            return;
    }
}

static inline int pass_some(struct bits *bits, const struct table *table, int k) {
    int pass = table->passes[bits->held >> (64 - LOOK)], count = pass >> PASS_COUNT;
    if (pass && k + count < 64) {
        drop(bits, pass & PASS_LENGTH);
        return pass & PASS_ENDS ? 64 : k + count;
    }
    /* The last of the block, or a long code. */
    return k + 1 + (int)(look(bits, table) >> 8 & 0xFF);
}

static inline void pass_block(struct bits *bits, struct table *table) {
    if (!table->passable)
        make_passes(table);
    for (int k = 1; k < 64;) {
        fill(bits); /* enough for a short way and a long one */
        if ((k = pass_some(bits, table, k)) < 64)
            k = pass_some(bits, table, k);
    }
}

/* Bits that are left before the next marker; negative, if more were taken than there are. */
static ptrdiff_t left(const struct entropy *entropy) {
    return (entropy->end - entropy->bits.at) * 8 + entropy->bits.count;
}

static void restart(struct entropy *entropy) {
    if (entropy->marker != JPEG_RST0 + (int)(entropy->restarts++ % 8) || left(entropy) >= 8)
        decoder_fail(entropy->decoder, "its parts are out of order");
    entropy->to_go = entropy->decoder->jpeg.restart_interval;
    entropy->marker = 0;
    entropy->bits = (struct bits){.at = entropy->end};
    memset(entropy->levels, 0, sizeof entropy->levels);
    unstuff(entropy);
}

static void read_mcu(struct entropy *entropy, JBLOCK *blocks) {
    struct bits bits = entropy->bits;
    for (int i = 0; i < entropy->decoder->jpeg.blocks_in_MCU; i++) {
        const struct part *part = &entropy->parts[i];
        if (bits.count < 32)
            fill(&bits);
        *part->level += (uint32_t)((int32_t)look(&bits, part->dc) >> 16);
        bits.bad |= (*part->level + (1u << 30)) >> 31; /* as good as an overflow */
        if (blocks)
            blocks[i][0] = (JCOEF)*part->level;
        if (blocks && part->all)
            read_block(&bits, part->ac, blocks[i]);
        else
            pass_block(&bits, part->ac);
    }
    entropy->bits = bits;
}

void entropy_mcu(struct entropy *entropy, JBLOCK *blocks) {
    if (entropy->decoder->jpeg.restart_interval && !entropy->to_go--) {
        restart(entropy);
        entropy->to_go--;
    }
    if (entropy->end - entropy->bits.at < MCU_BYTES && !entropy->marker)
        unstuff(entropy);
    read_mcu(entropy, blocks);
    if (entropy->bits.bad)
        decoder_fail(entropy->decoder, "no such code");
    if (left(entropy) < 0)
        decoder_fail(entropy->decoder, "it ends early");
}

void entropy_start(struct decoder *decoder) {
    struct entropy *entropy = &decoder->entropy;
    j_decompress_ptr jpeg = &decoder->jpeg;
    entropy->at_work = !jpeg_has_multiple_scans(jpeg) && !jpeg->arith_code;
    if (!entropy->at_work)
        return;
    entropy->decoder = decoder;
    entropy->from = jpeg->src->next_input_byte;
    entropy->last = entropy->from + jpeg->src->bytes_in_buffer;
    entropy->end = entropy->bytes;
    entropy->bits = (struct bits){.at = entropy->bytes};
    entropy->marker = 0;
    entropy->restarts = 0;
    entropy->to_go = jpeg->restart_interval;
    memset(entropy->levels, 0, sizeof entropy->levels);
    for (int i = 0; i < jpeg->blocks_in_MCU; i++) {
        int number = jpeg->MCU_membership[i];
        const jpeg_component_info *component = jpeg->cur_comp_info[number];
        int dc = component->dc_tbl_no, ac = component->ac_tbl_no;
        entropy->parts[i] = (struct part){
            .dc = tables_for(entropy, jpeg->dc_huff_tbl_ptrs[dc], dc, 1),
            .ac = tables_for(entropy, jpeg->ac_huff_tbl_ptrs[ac], ac, 0),
            .level = &entropy->levels[number],
            .all = component->DCT_SCALED_SIZE > 1,
        };
    }
}
