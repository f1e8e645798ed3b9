#include "CStrips.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bytes of an entry are stored as one number");

enum { CLEAR = 256, END = 257, FIRST = 258, LIMIT = 4096, NONE = 0xffff };

// The string of a code is the string of `prefix`, whose length is a multiple of 8, and 1 to 8 bytes more. So it is written
// from its end in whole stores, most in one, without a look at what was written before.
typedef struct {
  uint64_t last;  // the first of them in the lowest byte
  uint16_t count;
  uint16_t prefix;
  uint8_t first;
} entry;

struct feeder_lzw {
  entry table[LIMIT];
  uint8_t rest[FEEDER_LZW_SLACK];  // the end of a string that did not fit into the last piece
  size_t rest_count;
  const uint8_t *next, *end;
  uint64_t bits;       // the next bits of the strip, the first on top
  uint32_t bit_count;  // bits of it that are taken from the strip
  uint32_t width;
  uint32_t free_code;
  uint32_t previous;
  int32_t is_over;  // why no more codes follow; FEEDER_STRIP_MORE if some do
};

size_t feeder_lzw_state_bytes(void) { return sizeof(feeder_lzw); }

void feeder_lzw_begin(feeder_lzw *lzw, const uint8_t *packed, size_t count) {
  for (uint32_t code = 0; code < 256; code++) {
    lzw->table[code] = (entry){.last = code, .count = 1, .prefix = 0, .first = (uint8_t)code};
  }
  lzw->next = packed;
  lzw->end = packed ? packed + count : packed;
  lzw->rest_count = 0;
  lzw->bits = 0;
  lzw->bit_count = 0;
  lzw->width = 9;
  lzw->free_code = FIRST;
  lzw->previous = NONE;
  lzw->is_over = FEEDER_STRIP_MORE;
}

static inline uint64_t big_endian(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, 8);
  return __builtin_bswap64(value);
}

// Writes the string of `found` to out, and up to 7 bytes behind it; returns the end of the string.
static inline uint8_t *put(const entry *table, const entry *found, uint8_t *out) {
  uint32_t count = found->count;
  uint8_t *const end = out + count;
  memcpy(out + ((count - 1) & ~7u), &found->last, 8);
  if (__builtin_expect(count > 8, 0)) {
    uint32_t place = (count - 1) & ~7u;
    while (place > 0) {
      found = &table[found->prefix];
      place -= 8;
      memcpy(out + place, &found->last, 8);
    }
  }
  return end;
}

int32_t feeder_lzw_read(feeder_lzw *lzw, uint8_t *out, size_t wanted, size_t *written) {
  if (lzw->rest_count >= wanted) {
    memcpy(out, lzw->rest, wanted);
    lzw->rest_count -= wanted;
    memmove(lzw->rest, lzw->rest + wanted, lzw->rest_count);
    *written = wanted;
    return FEEDER_STRIP_MORE;
  }
  memcpy(out, lzw->rest, lzw->rest_count);
  uint8_t *to = out + lzw->rest_count;
  uint8_t *const limit = out + wanted;
  lzw->rest_count = 0;

  entry *const table = lzw->table;
  const uint8_t *next = lzw->next;
  const uint8_t *const end = lzw->end;
  uint64_t bits = lzw->bits;
  uint32_t bit_count = lzw->bit_count, width = lzw->width, free_code = lzw->free_code, previous = lzw->previous;
  int32_t is_over = lzw->is_over;

  while (to < limit && is_over == FEEDER_STRIP_MORE) {
    if (bit_count < width) {
      if (end - next >= 8) {
        bits |= big_endian(next) >> bit_count;
        next += (63 - bit_count) >> 3;
        bit_count |= 56;
      } else {
        while (bit_count <= 56 && next < end) {
          bits |= (uint64_t)*next++ << (56 - bit_count);
          bit_count += 8;
        }
        if (bit_count < width) {
          is_over = FEEDER_STRIP_SHORT;
          break;
        }
      }
    }
    const uint32_t code = (uint32_t)(bits >> (64 - width));
    bits <<= width;
    bit_count -= width;

    if (__builtin_expect((code & ~1u) == CLEAR, 0)) {
      if (code == END) {
        is_over = FEEDER_STRIP_SHORT;
        break;
      }
      width = 9;
      free_code = FIRST;
      previous = NONE;
      continue;
    }
    if (__builtin_expect(previous == NONE, 0)) {
      if (code >= 256) {
        is_over = FEEDER_STRIP_DAMAGED;
        break;
      }
    } else if (__builtin_expect(free_code < LIMIT, 1)) {
      // The string before, and the first byte of this one, which may be the very string that is made here.
      if (code > free_code) {
        is_over = FEEDER_STRIP_DAMAGED;
        break;
      }
      const entry *const before = &table[previous];
      entry *const made = &table[free_code];
      const uint8_t added = code == free_code ? before->first : table[code].first;
      const uint32_t at = before->count & 7;
      made->last = (at == 0 ? 0 : before->last) | (uint64_t)added << (8 * at);
      made->prefix = at == 0 ? (uint16_t)previous : before->prefix;
      made->count = (uint16_t)(before->count + 1);
      made->first = before->first;
      free_code++;
      if (free_code == (1u << width) - 1 && width < 12) width++;
    }
    to = put(table, &table[code], to);
    previous = code;
  }

  if (to > limit) {
    lzw->rest_count = (size_t)(to - limit);
    memcpy(lzw->rest, limit, lzw->rest_count);
    to = limit;
  }
  lzw->next = next;
  lzw->bits = bits;
  lzw->bit_count = bit_count;
  lzw->width = width;
  lzw->free_code = free_code;
  lzw->previous = previous;
  lzw->is_over = is_over;
  *written = (size_t)(to - out);
  return to == limit ? FEEDER_STRIP_MORE : is_over;
}
