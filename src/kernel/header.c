/* What the header of a JPEG tells: its size, its colours, and which way is up.

   The same rules as image/_header.py, which says why; a test holds them together. */

#include "kernel.h"

#include <string.h>

static unsigned two(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }

static uint32_t number(const uint8_t *tiff, size_t length, size_t start, int size, int little) {
    uint32_t value = 0;
    int there = start >= length ? 0 : length - start < (size_t)size ? (int)(length - start) : size;
    for (int i = 0; i < there; i++)
        value |= (uint32_t)tiff[start + i] << 8 * (little ? i : there - 1 - i);
    return value;
}

/* 1 to 8; 0 if there is none, -1 if it or something before it is odd. */
static int exif_orientation(const uint8_t *tiff, size_t length) {
    static const uint8_t widths[13] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
    if (length < 4 || (memcmp(tiff, "II*\0", 4) && memcmp(tiff, "MM\0*", 4)))
        return -1;
    int little = tiff[0] == 'I';
    uint64_t entries = number(tiff, length, 4, 4, little);
    uint64_t end = entries + 2 + 12 * (uint64_t)number(tiff, length, entries, 2, little);
    int64_t room = (int64_t)length;
    for (uint64_t start = entries + 2; start < end; start += 12) {
        if (start + 12 > length)
            return -1;
        uint32_t tag = number(tiff, length, start, 2, little);
        uint32_t kind = number(tiff, length, start + 2, 2, little);
        uint32_t count = number(tiff, length, start + 4, 4, little);
        if (tag == 0x0112) {
            uint32_t value = number(tiff, length, start + 8, 2, little);
            return kind == 3 && count == 1 && value >= 1 && value <= 8 ? (int)value : -1;
        }
        uint64_t size = (kind < 13 ? widths[kind] : 0) * (uint64_t)count;
        if (size > 4) {
            if (size > (uint64_t)room)
                return -1;
            room -= (int64_t)size;
            if (number(tiff, length, start + 8, 4, little) + size > length)
                return -1;
        }
    }
    return 0;
}

static int is_frame(int marker) { return marker >= 0xC0 && marker <= 0xC2; }

static int is_passed_over(int marker) {
    return marker == 0xC4 || marker == 0xCC || marker == 0xDB || marker == 0xDC || marker == 0xDD ||
           marker == 0xDF || (marker >= 0xE0 && marker <= 0xEF) || marker == 0xFE;
}

static int contains(const uint8_t *bytes, size_t length, const char *text) {
    size_t wanted = strlen(text);
    for (size_t i = 0; i + wanted <= length; i++)
        if (!memcmp(bytes + i, text, wanted))
            return 1;
    return 0;
}

static int count_scans(const uint8_t *at, const uint8_t *end) {
    int scans = 0;
    while (at < end && (at = memchr(at, 0xFF, (size_t)(end - at))) && ++at < end)
        scans += *at == 0xDA;
    return scans;
}

void read_header(const uint8_t *blob, size_t length, struct header *found) {
    const uint8_t *frame = NULL;
    size_t frame_length = 0, position = 2;
    int exifs = 0, orientation = 0, turned_by_xmp = 0, progressive = 0;
    memset(found, 0, sizeof *found);
    if (length < 3 || memcmp(blob, "\xff\xd8\xff", 3))
        return;
    while (position + 4 <= length && blob[position] == 0xFF) {
        int marker = blob[position + 1];
        if (marker == 0xFF) { /* fill bytes */
            position++;
            continue;
        }
        if (marker == 0xDA)
            break;
        size_t start = position + 4, size = two(blob + position + 2);
        position += 2 + size;
        if (size < 2 || position > length)
            return;
        if (is_frame(marker)) {
            if (frame)
                return;
            frame = blob + start;
            frame_length = size - 2;
            progressive = marker == 0xC2;
        } else if (marker == 0xE1 && start + 6 <= length && !memcmp(blob + start, "Exif\0\0", 6)) {
            if (!exifs++)
                orientation = exif_orientation(blob + start + 6, size < 8 ? 0 : size - 8);
        } else if (marker == 0xE1) {
            turned_by_xmp |= contains(blob + start, size - 2, "tiff:Orientation");
        } else if (!is_passed_over(marker)) {
            return;
        }
    }
    if (position + 4 > length || blob[position] != 0xFF || !frame || frame_length < 6)
        return;
    int bits = frame[0], channels = frame[5];
    found->height = (int)two(frame + 1);
    found->width = (int)two(frame + 3);
    if (bits != 8 || !found->height || !found->width ||
        (channels != 1 && channels != 3 && channels != 4))
        return;
    found->channels = channels;
    found->scans = 1;
    if (progressive || position + 4 >= length || blob[position + 4] != channels)
        found->scans = count_scans(blob + position, blob + length);
    if (exifs > 1 || orientation < 0 || (orientation == 0 && turned_by_xmp))
        found->orientation = 0;
    else
        found->orientation = orientation ? orientation : 1;
}
