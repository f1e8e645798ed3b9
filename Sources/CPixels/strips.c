#include "kernels.h"

#include <string.h>

int32_t feeder_packbits_read(feeder_packbits *packbits, uint8_t *out, size_t wanted, size_t *written) {
  const uint8_t *next = packbits->next;
  const uint8_t *const end = packbits->end;
  size_t left = packbits->left;
  int32_t repeats = packbits->repeats;
  size_t done = 0;
  int32_t answer = FEEDER_STRIP_MORE;
  while (done < wanted) {
    if (left == 0) {
      if (next == end) {
        answer = FEEDER_STRIP_SHORT;
        break;
      }
      const uint8_t head = *next++;
      if (head == 128) continue;  // nothing
      repeats = head > 128;
      left = repeats ? 257u - head : head + 1u;
    }
    // Most runs are short, and both sides have room for whole stores: what they write behind the run is overwritten.
    if (left <= 128 && wanted - done >= 128 && (size_t)(end - next) >= 128) {
      const size_t parts = (left + 15) / 16;
      if (repeats) {
        for (size_t part = 0; part < parts; part++) memset(out + done + 16 * part, *next, 16);
        next++;
      } else {
        for (size_t part = 0; part < parts; part++) memcpy(out + done + 16 * part, next + 16 * part, 16);
        next += left;
      }
      done += left;
      left = 0;
      continue;
    }
    const size_t count = left < wanted - done ? left : wanted - done;
    if (repeats) {
      if (next == end) {
        answer = FEEDER_STRIP_SHORT;
        break;
      }
      memset(out + done, *next, count);
      if (count == left) next++;
    } else {
      if ((size_t)(end - next) < count) {
        answer = FEEDER_STRIP_SHORT;
        break;
      }
      memcpy(out + done, next, count);
      next += count;
    }
    left -= count;
    done += count;
  }
  packbits->next = next;
  packbits->left = left;
  packbits->repeats = repeats;
  *written = done;
  return answer;
}

static inline __attribute__((always_inline)) void add_left_8(uint8_t *row, int64_t count, int32_t channels) {
  for (int64_t i = channels; i < count; i++) row[i] = (uint8_t)(row[i] + row[i - channels]);
}

static inline __attribute__((always_inline)) void add_left_16(uint16_t *row, int64_t count, int32_t channels) {
  for (int64_t i = channels; i < count; i++) row[i] = (uint16_t)(row[i] + row[i - channels]);
}

void feeder_add_left_plain(uint8_t *row, int64_t count, int32_t channels, int32_t sample_bytes) {
  uint16_t *words = (uint16_t *)(void *)row;
  switch (channels * 10 + sample_bytes) {
    case 11: return add_left_8(row, count, 1);
    case 31: return add_left_8(row, count, 3);
    case 41: return add_left_8(row, count, 4);
    case 12: return add_left_16(words, count / 2, 1);
    case 32: return add_left_16(words, count / 2, 3);
    default: return sample_bytes == 1 ? add_left_8(row, count, channels) : add_left_16(words, count / 2, channels);
  }
}

void feeder_swap_words(uint16_t *words, size_t count) {
  for (size_t i = 0; i < count; i++) words[i] = (uint16_t)(words[i] << 8 | words[i] >> 8);
}

static inline __attribute__((always_inline)) void join(const uint8_t *restrict first, const uint8_t *restrict second,
                                                       const uint8_t *restrict third, size_t count, size_t bytes,
                                                       uint8_t *restrict out) {
  for (size_t i = 0; i < count; i++) {
    memcpy(out + 3 * bytes * i, first + bytes * i, bytes);
    memcpy(out + 3 * bytes * i + bytes, second + bytes * i, bytes);
    memcpy(out + 3 * bytes * i + 2 * bytes, third + bytes * i, bytes);
  }
}

void feeder_join_planes(const void *first, const void *second, const void *third, size_t count, size_t sample_bytes,
                        void *out) {
  if (sample_bytes == 1) {
    join(first, second, third, count, 1, out);
  } else {
    join(first, second, third, count, 2, out);
  }
}

static inline void fill_field(feeder_field field, uint8_t *table) {
  for (uint32_t sample = 0; sample <= field.largest; sample++) {
    table[sample] = (uint8_t)((255 * sample + field.largest / 2) / field.largest);
  }
}

void feeder_pick_fields(const void *row, size_t count, size_t pixel_bytes, const feeder_fields *fields, uint8_t *out) {
  uint8_t tables[3][256];
  fill_field(fields->red, tables[0]);
  fill_field(fields->green, tables[1]);
  fill_field(fields->blue, tables[2]);
  for (size_t i = 0; i < count; i++) {
    uint32_t pixel = 0;
    memcpy(&pixel, (const uint8_t *)row + pixel_bytes * i, pixel_bytes == 2 ? 2 : 4);
    out[3 * i] = tables[0][(pixel >> fields->red.shift) & fields->red.largest];
    out[3 * i + 1] = tables[1][(pixel >> fields->green.shift) & fields->green.largest];
    out[3 * i + 2] = tables[2][(pixel >> fields->blue.shift) & fields->blue.largest];
  }
}
