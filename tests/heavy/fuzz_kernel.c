/* Fuzzes the kernel: any bytes as a file, seen in any way.

   An input is a recipe of 16 bytes, which say what is seen of the picture and how, and a file. With
   clang this is a target of libFuzzer:

       clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
             -Isrc/kernel tests/heavy/fuzz_kernel.c -ljpeg -lm -o fuzz && ./fuzz INPUTS

   With -DSTANDALONE any compiler makes a program of it that changes the files of a folder itself,
   in an order that a seed tells, and writes what it broke on to a file:

       gcc -DSTANDALONE -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
             -Isrc/kernel tests/heavy/fuzz_kernel.c -ljpeg -lm -o fuzz
       ./fuzz FOLDER EXECUTIONS SECONDS SEED BROKEN    or    ./fuzz BROKEN */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel asks for a quarter more than it needs. With that a write beyond the end would not be
   seen, so it is not given to a decoder that is used once. */
static int tight;

static size_t needed(size_t room) { return tight ? room / 5 * 4 + room % 5 : room; }
static void *tight_malloc(size_t room) { return malloc(needed(room)); }
static void *tight_calloc(size_t one, size_t room) { return calloc(one, needed(room)); }

#define malloc tight_malloc
#define calloc tight_calloc
#include "axis.c"
#include "canvas.c"
#include "copy.c"
#include "decode.c"
#define entropy_start our_entropy_start
#include "entropy.c"
#undef entropy_start
#include "header.c"
#include "planes.c"
#include "resample.c"
#undef malloc
#undef calloc
#include "memory.c"

enum { RECIPE = 16, MOST_PIXELS = 1 << 22 };

enum flag {
    SWAP = 1,
    FLIP_Y = 2,
    FLIP_X = 4,
    PLANES = 8,
    TABLE = 16,
    PORTABLE = 32,
    PART = 64,
    TWICE = 128
};

static struct {
    unsigned long headers, decoded, failed, large;
} told;

static void check(int holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fuzz_kernel: %s\n", what);
    abort();
}

/* Whether libjpeg-turbo's own entropy decoder is in use. */
static int theirs;

void entropy_start(struct decoder *decoder) {
    decoder->entropy.at_work = 0;
    if (!theirs)
        our_entropy_start(decoder);
}

/* Recipes */

/* Two bytes become a part of `whole`; a whole number of pixels, if `even`. */
static double part_of(const uint8_t *at, double whole, int even) {
    double part = whole * (at[0] << 8 | at[1]) / 65536;
    return even ? floor(part) : part;
}

static void choose_span(const uint8_t *at, int size, int even, double *start, double *end) {
    *start = part_of(at, size, even);
    *end = size - part_of(at + 2, size - *start, even);
    if (!(*end > *start)) /* as may come of rounding */
        *start = 0, *end = size;
}

static void choose_place(const uint8_t *recipe, const struct header *header, struct place *place) {
    static const int channels[8] = {3, 3, 3, 3, 1, 1, 4, 4};
    int flags = recipe[0];
    /* Most are small; a few are long and thin. */
    place->canvas_height = recipe[3] % 64 + (recipe[3] > 250 ? 1500 : 1);
    place->canvas_width = recipe[4] % 64 + (recipe[4] > 250 ? 1500 : 1);
    place->height = place->canvas_height;
    place->width = place->canvas_width;
    if (flags & PART) {
        place->height -= recipe[5] % (place->height + 1);
        place->width -= recipe[6] % (place->width + 1);
        place->top = recipe[7] % (place->canvas_height - place->height + 1);
        place->left = recipe[7] / 16 % (place->canvas_width - place->width + 1);
    }
    place->swap = (flags & SWAP) != 0;
    place->flip_y = (flags & FLIP_Y) != 0;
    place->flip_x = (flags & FLIP_X) != 0;
    place->channels = channels[recipe[1] % 8];
    choose_span(recipe + 8, header->width, recipe[2] & 1, &place->box[0], &place->box[2]);
    choose_span(recipe + 12, header->height, recipe[2] & 1, &place->box[1], &place->box[3]);
}

static void choose_style(const uint8_t *recipe, struct style *style) {
    static const double gaps[8] = {0, 1, 1.5, 2, 2, 2, 3, 8};
    style->filter = (enum filter)(recipe[1] / 8 % FILTERS);
    style->gap = gaps[recipe[2] / 2 % 8];
    style->planes = (recipe[0] & PLANES) != 0;
    memcpy(style->fill, recipe + 8, 4);
}

/* Decoding */

static float *table_of(int channels) {
    float *table = malloc((size_t)channels * 256 * sizeof *table);
    for (int i = 0; i < channels * 256; i++)
        table[i] = (float)i / 64 - 2;
    return table;
}

struct result {
    int failed;
    size_t bytes;
    uint8_t *canvas; /* of just the size that it must have */
};

static struct result decode_by(struct decoder *decoder, const uint8_t *file, size_t length,
                               const struct header *header, struct place *place,
                               struct style *style, int before) {
    float *table = style->table ? table_of(place->channels) : NULL;
    struct result result = {0};
    result.bytes = (size_t)place->canvas_height * place->canvas_width * place->channels;
    result.bytes *= table ? sizeof *table : 1;
    result.canvas = malloc(result.bytes);
    memset(result.canvas, before, result.bytes);
    place->canvas = result.canvas;
    style->table = table;
    result.failed = decode(decoder, file, length, header, place, style) != 0;
    check(!result.failed || decoder->errors.text[0], "it failed without a reason");
    struct entropy *entropy = &decoder->entropy;
    check(!entropy->at_work || entropy->bits.at + 8 <= entropy->bytes + sizeof entropy->bytes,
          "bits beyond the buffer");
    free(table);
    return result;
}

/* By a decoder that has decoded nothing before, whose buffers are as small as they may be. */
static struct result decode_fresh(const uint8_t *file, size_t length, const struct header *header,
                                  struct place *place, struct style *style) {
    struct decoder decoder;
    tight = 1;
    check(!decoder_init(&decoder), "no decoder");
    struct result result = decode_by(&decoder, file, length, header, place, style, 0x55);
    decoder_free(&decoder);
    tight = 0;
    return result;
}

static struct decoder kept;
static int is_kept; /* how often it was used */

static void give_back(void) {
    if (is_kept)
        decoder_free(&kept);
    is_kept = 0;
}

/* By one that has decoded what came before, failed or not. */
static struct result decode_again(const uint8_t *file, size_t length, const struct header *header,
                                  struct place *place, struct style *style) {
    if (is_kept == 1000) /* a batch is no longer either */
        give_back();
    if (!is_kept++)
        check(!decoder_init(&kept), "no decoder");
    return decode_by(&kept, file, length, header, place, style, 0xAA);
}

static void try(const uint8_t *recipe, const uint8_t *file, size_t length,
                const struct header *header) {
    static const float some;
    struct place place = {.box = {0}};
    struct style style = {.filter = BOX};
    int plain = (recipe[0] & PORTABLE) != 0;
    choose_place(recipe, header, &place);
    choose_style(recipe, &style);
    style.table = recipe[0] & TABLE ? &some : NULL;
    style.resampler = resampler_of(plain);
    struct result first = decode_fresh(file, length, header, &place, &style);
    told.decoded += !first.failed;
    told.failed += first.failed;
    if (recipe[0] & TWICE) {
        style.resampler = resampler_of(!plain);
        struct result second = decode_again(file, length, header, &place, &style);
        check(first.failed == second.failed, "it fails once, and once it does not");
        /* What a canvas held before differs: all of it must have been written. */
        check(first.failed || !memcmp(first.canvas, second.canvas, first.bytes),
              "two ways give different pictures");
        free(second.canvas);
    }
    if (!first.failed) { /* what fails may have been wrong behind what is seen */
        theirs = 1;
        struct result other = decode_fresh(file, length, header, &place, &style);
        theirs = 0;
        check(!other.failed, "libjpeg-turbo fails, we do not");
        check(!memcmp(first.canvas, other.canvas, first.bytes), "its picture is another");
        free(other.canvas);
    }
    free(first.canvas);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    struct header header;
    if (size < RECIPE)
        return 0;
    read_header(input + RECIPE, size - RECIPE, &header);
    if (!header.channels)
        return 0;
    told.headers++;
    check(header.orientation >= 0 && header.orientation <= 8, "no such orientation");
    /* libjpeg-turbo takes its time for those, and `pixel_limit` keeps larger ones from it. */
    if ((size_t)header.height * header.width > MOST_PIXELS)
        told.large++;
    else
        try(input, input + RECIPE, size - RECIPE, &header);
    return 0;
}

/* Changes that know what a JPEG is made of */

static uint64_t state = 1;

static unsigned draw(size_t below) { /* PCG */
    state = state * 6364136223846793005u + 1442695040888963407u;
    uint32_t mixed = (uint32_t)((state >> 18 ^ state) >> 27), turn = (uint32_t)(state >> 59);
    return below ? (mixed >> turn | mixed << (-turn & 31)) % (uint32_t)below : 0;
}

enum { MOST_SEGMENTS = 64 };

struct segments {
    int n;
    size_t start[MOST_SEGMENTS], end[MOST_SEGMENTS];
};

/* Find the markers with a length, behind the first scan, too. */
static struct segments segments_of(const uint8_t *file, size_t size) {
    struct segments found = {0};
    for (size_t at = 0; at + 4 <= size && found.n < MOST_SEGMENTS; at++) {
        int marker = file[at + 1];
        if (file[at] != 0xFF || marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD9) ||
            marker == 0xFF)
            continue;
        size_t end = at + 2 + two(file + at + 2);
        if (end > size)
            continue;
        found.start[found.n] = at;
        found.end[found.n++] = end;
        at = end - 1;
    }
    return found;
}

/* Make room at `at`, or take bytes away; give the new size. */
static size_t replace(uint8_t *file, size_t size, size_t most, size_t at, size_t gone,
                      const uint8_t *by, size_t length) {
    uint8_t *copy = malloc(length + 1);
    if (size - gone + length > most)
        length = most - (size - gone);
    memcpy(copy, by, length);
    memmove(file + at + length, file + at + gone, size - at - gone);
    memcpy(file + at, copy, length);
    free(copy);
    return size - gone + length;
}

static uint8_t odd_byte(void) {
    static const uint8_t odd[] = {0,    1,    2,    3,    8,    16,   0x11, 0x12, 0x21, 0x22, 0x41,
                                  0x14, 0x3F, 0x7F, 0x80, 0xC0, 0xC2, 0xD0, 0xD9, 0xDA, 0xDD, 0xFF};
    return draw(3) ? odd[draw(sizeof odd)] : (uint8_t)draw(256);
}

static size_t change_segment(uint8_t *file, size_t size, size_t most) {
    static const uint8_t kinds[] = {0xC0, 0xC1, 0xC2, 0xC4, 0xC9, 0xCC, 0xDA, 0xDB,
                                    0xDC, 0xDD, 0xE0, 0xE1, 0xEE, 0xFE, 0xD8, 0xD9};
    struct segments found = segments_of(file, size);
    if (!found.n)
        return size;
    int one = (int)draw((size_t)found.n), other = (int)draw((size_t)found.n);
    size_t start = found.start[one], length = found.end[one] - start;
    switch (draw(8)) {
    case 0: /* of another kind */
        file[start + 1] = kinds[draw(sizeof kinds)];
        return size;
    case 1: /* another length */
        file[start + 3] = (uint8_t)(draw(2) ? odd_byte() : file[start + 3] + 1 - 2 * draw(2));
        return size;
    case 2: /* left out */
        return replace(file, size, most, start, length, file, 0);
    case 3: /* once more, elsewhere */
        return replace(file, size, most, found.start[other], 0, file + start, length);
    case 4: /* with all that follows up to another: scans, say */
        if (found.start[other] > start)
            length = found.start[other] - start;
        return replace(file, size, most, found.start[other], 0, file + start, length);
    default: /* other content */
        for (unsigned n = draw(3) + 1; n && length > 4; n--)
            file[start + 4 +
                 draw(length - 4 < 20 ? length - 4
                      : draw(4)       ? 20
                                      : length - 4)] = odd_byte();
        return size;
    }
}

static size_t change_bytes(uint8_t *file, size_t size, size_t most) {
    size_t at = draw(size), length = draw(size - at < 64 ? size - at : 64);
    uint8_t restart[2] = {0xFF, (uint8_t)(0xD0 + draw(8))};
    switch (draw(8)) {
    case 0:
        return draw(2) ? at + 1 : size - length; /* it ends early */
    case 1:
        return replace(file, size, most, at, length, file, 0);
    case 2:
        return replace(file, size, most, draw(size), 0, file + at, length);
    case 3:
        return replace(file, size, most, at, draw(2) * (length > 1 ? 2 : 0), restart, 2);
    case 4:
        memset(file + at, odd_byte(), length);
        return size;
    case 5:
        file[at] ^= (uint8_t)(1u << draw(8));
        return size;
    default:
        file[at] = odd_byte();
        return size;
    }
}

static size_t change(uint8_t *file, size_t size, size_t most) {
    for (unsigned n = draw(4) + 1; n && size; n--)
        size = draw(2) ? change_segment(file, size, most) : change_bytes(file, size, most);
    return size;
}

#ifndef STANDALONE

size_t LLVMFuzzerMutate(uint8_t *input, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *input, size_t size, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *input, size_t size, size_t most, unsigned seed) {
    state = seed;
    draw(1);
    if (size <= RECIPE || draw(2))
        return LLVMFuzzerMutate(input, size, most);
    if (!draw(3))
        input[draw(RECIPE)] = (uint8_t)draw(256);
    return RECIPE + change(input + RECIPE, size - RECIPE, most - RECIPE);
}

#else

#include <dirent.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

size_t __sanitizer_get_current_allocated_bytes(void); /* GCC has no header that tells */

struct input {
    uint8_t *bytes; /* a recipe, and the file */
    size_t size;
};

static struct input *corpus, current;
static size_t n_corpus;
static const char *broken;

/* Whatever ends the program, a sanitizer or too long a time, what it was about is kept. */
static void save(void) {
    FILE *file = broken && current.bytes ? fopen(broken, "wb") : NULL;
    if (!file)
        return;
    fwrite(current.bytes, 1, current.size, file);
    fclose(file);
    fprintf(stderr, "fuzz_kernel: wrote the input to %s\n", broken);
}

static void on_signal(int number) {
    fprintf(stderr, "fuzz_kernel: ended by signal %d\n", number);
    save();
    _exit(99);
}

static struct input load(const char *path, size_t recipe) {
    struct input input = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return input;
    fseek(file, 0, SEEK_END);
    input.size = (size_t)ftell(file) + recipe;
    input.bytes = calloc(1, input.size + 1);
    rewind(file);
    input.size = fread(input.bytes + recipe, 1, input.size - recipe, file) + recipe;
    fclose(file);
    return input;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_folder(const char *folder) {
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, by_name);
    corpus = calloc((size_t)(n > 0 ? n : 0) + 1, sizeof *corpus);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        struct input input = entries[i]->d_name[0] == '.' ? (struct input){0} : load(path, RECIPE);
        if (input.bytes)
            corpus[n_corpus++] = input;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* A file of the corpus, perhaps with the end of another, in a block of just its size. */
static struct input next_input(int changed) {
    const struct input *from = &corpus[draw(n_corpus)], *other = &corpus[draw(n_corpus)];
    size_t most = from->size + other->size, size = from->size;
    uint8_t *bytes = malloc(most);
    memcpy(bytes, from->bytes, size);
    if (changed && !draw(8)) {
        size_t keep = RECIPE + draw(size - RECIPE), cut = RECIPE + draw(other->size - RECIPE);
        memcpy(bytes + keep, other->bytes + cut, other->size - cut);
        size = keep + other->size - cut;
    }
    if (changed && size > RECIPE)
        size = RECIPE + change(bytes + RECIPE, size - RECIPE, most - RECIPE);
    for (int i = 0; i < RECIPE; i++)
        bytes[i] = (uint8_t)(draw(4) ? draw(256) : 0);
    struct input input = {realloc(bytes, size), size};
    return input;
}

static void run(int changed) {
    current = next_input(changed);
    alarm(20);
    LLVMFuzzerTestOneInput(current.bytes, current.size);
    alarm(0);
    free(current.bytes);
    current.bytes = NULL;
}

static unsigned long fuzz(unsigned long executions, double seconds) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    size_t before = 0;
    unsigned long i = 0;
    for (double so_far = 0; i < executions && so_far < seconds; i++) {
        if (i == 256) { /* what is made once has been made */
            give_back();
            before = __sanitizer_get_current_allocated_bytes();
        }
        run(i % 8 != 0);
        clock_gettime(CLOCK_MONOTONIC, &now);
        so_far = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
    }
    give_back();
    if (before && __sanitizer_get_current_allocated_bytes() > before + 4096)
        check(0, "memory has grown");
    return i;
}

static int again(const char *path) {
    current = load(path, 0);
    if (!current.bytes)
        return 1;
    LLVMFuzzerTestOneInput(current.bytes, current.size);
    give_back();
    free(current.bytes);
    return 0;
}

int main(int n, char **arguments) {
    if (n == 2)
        return again(arguments[1]);
    if (n != 6)
        return 2;
    __sanitizer_set_death_callback(save);
    signal(SIGALRM, on_signal);
    signal(SIGABRT, on_signal);
    load_folder(arguments[1]);
    broken = arguments[5];
    state = strtoull(arguments[4], NULL, 10);
    if (!n_corpus)
        return 2;
    unsigned long executions = fuzz(strtoul(arguments[2], NULL, 10), atof(arguments[3]));
    printf("executions=%lu headers=%lu decoded=%lu failed=%lu large=%lu resampler=%s\n", executions,
           told.headers, told.decoded, told.failed, told.large, resampler_name());
    for (size_t i = 0; i < n_corpus; i++)
        free(corpus[i].bytes);
    free(corpus);
    return 0;
}

#endif
