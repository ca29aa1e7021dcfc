/* Memory of libjpeg-turbo for one picture after the other: taken once, and used again.

   Its own manager asks the system for several blocks a picture and gives them back. Here all is cut
   from one block that stays, also tables, which it would keep for pictures to come: they are
   forgotten with their picture. Arrays of progressive pictures stay with its manager, whose methods
   are wrapped. */

#include "kernel.h"

#include <jerror.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALIGNED = 64,          /* what vector code of libjpeg-turbo may ask for */
    LEAST_BLOCK = 1 << 18, /* bytes */
};

/* Blocks that were taken while the first was too small; given back with the picture. */
struct block {
    struct block *next;
    size_t room;
    uint8_t *bytes;
};

static struct memory *memory_of(j_common_ptr jpeg) { return jpeg->client_data; }

static uint8_t *aligned(uint8_t *bytes) {
    return bytes + (ALIGNED - (uintptr_t)bytes % ALIGNED) % ALIGNED;
}

static void *take(j_common_ptr jpeg, int pool, size_t size) {
    (void)pool;
    struct memory *memory = memory_of(jpeg);
    size = (size + ALIGNED - 1) / ALIGNED * ALIGNED;
    if (!memory->current || memory->current->room - memory->used < size) {
        size_t room = size > LEAST_BLOCK ? size : LEAST_BLOCK;
        struct block *block = malloc(sizeof *block + room + ALIGNED);
        if (!block)
            ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
        *block = (struct block){memory->current, room, aligned((uint8_t *)(block + 1))};
        memory->current = block;
        memory->used = 0;
    }
    uint8_t *bytes = memory->current->bytes + memory->used;
    memory->used += size;
    return bytes;
}

static JSAMPARRAY take_rows(j_common_ptr jpeg, int pool, JDIMENSION width, JDIMENSION height) {
    /* Vector code works on whole vectors, also at the end of a row. */
    size_t stride = ((size_t)width + ALIGNED - 1) / ALIGNED * ALIGNED;
    JSAMPARRAY rows = take(jpeg, pool, height * sizeof(JSAMPROW));
    uint8_t *bytes = take(jpeg, pool, height * stride);
    for (JDIMENSION i = 0; i < height; i++)
        rows[i] = bytes + i * stride;
    return rows;
}

/* Give back all but one block, which is made as large as all of them were. */
static void reset(struct memory *memory) {
    struct block *block = memory->current;
    size_t room = 0;
    memory->used = 0;
    if (!block || !block->next)
        return;
    while (block) {
        struct block *next = block->next;
        room += block->room;
        free(block);
        block = next;
    }
    if ((block = malloc(sizeof *block + room + ALIGNED)))
        *block = (struct block){NULL, room, aligned((uint8_t *)(block + 1))};
    memory->current = block;
}

static void free_pool(j_common_ptr jpeg, int pool) {
    memory_of(jpeg)->theirs.free_pool(jpeg, pool);
    if (pool == JPOOL_IMAGE)
        reset(memory_of(jpeg));
}

void memory_init(struct memory *memory, j_decompress_ptr jpeg) {
    memset(memory, 0, sizeof *memory);
    memory->theirs = *jpeg->mem;
    jpeg->client_data = memory;
    jpeg->mem->alloc_small = take;
    jpeg->mem->alloc_large = take;
    jpeg->mem->alloc_sarray = take_rows;
    jpeg->mem->free_pool = free_pool;
}

void memory_free(struct memory *memory) {
    while (memory->current) {
        struct block *next = memory->current->next;
        free(memory->current);
        memory->current = next;
    }
}
