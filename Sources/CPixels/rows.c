// Rows of image files as they are stored, to rows of pixels; plain C, which the compiler turns into vectors where loops are simple.
#include "kernels.h"

#include <string.h>

void feeder_unpack_bits(const uint8_t *packed, int32_t count, int32_t bits, uint8_t *out) {
  const int32_t each = 8 / bits;
  const uint8_t mask = (uint8_t)((1 << bits) - 1);
  for (int32_t i = 0; i < count; i++) {
    out[i] = (uint8_t)(packed[i / each] >> (8 - bits - bits * (i % each))) & mask;
  }
}

// Four words at a time, so that one load serves four look-ups.
static inline __attribute__((always_inline)) int32_t map_fours(const uint8_t *words, int32_t count, int32_t swap,
                                                               const uint8_t *table, uint8_t *restrict out) {
  int32_t i = 0;
  for (; i + 4 <= count; i += 4) {
    uint64_t four;
    memcpy(&four, words + 2 * (int64_t)i, 8);
    if (swap) four = __builtin_bswap64(four);
    for (int32_t k = 0; k < 4; k++) out[i + (swap ? 3 - k : k)] = table[four >> (16 * k) & 65535];
  }
  return i;
}

static inline uint16_t word_at(const void *words, int64_t i, int32_t swap) {
  uint16_t word;
  memcpy(&word, (const uint8_t *)words + 2 * i, 2);
  return swap ? (uint16_t)(word << 8 | word >> 8) : word;
}

void feeder_map_words(const void *words, int32_t count, int32_t swap, const uint8_t *table, uint8_t *restrict out) {
  int32_t i = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  i = swap ? map_fours(words, count, 1, table, out) : map_fours(words, count, 0, table, out);
#endif
  for (; i < count; i++) out[i] = table[word_at(words, i, swap)];
}

void feeder_step_words_plain(const void *words, int32_t count, int32_t swap, const feeder_steps *steps, uint8_t *out) {
#pragma STDC FP_CONTRACT OFF
  const feeder_steps s = *steps;
  for (int32_t i = 0; i < count; i++) {
    const int32_t word = word_at(words, i, swap);
    const int32_t above = s.falls ? s.black - word : word - s.black;
    const int32_t levels = above < 0 ? 0 : above < s.span ? above : s.span;
    const float scaled = (float)levels * s.scale;
    out[i] = (uint8_t)(int32_t)(scaled + s.offset);
  }
}

void feeder_pick_words(const void *words, int32_t count, int32_t samples, int32_t bgr, int32_t swap, int32_t white,
                       int32_t channels, uint16_t *restrict out) {
  if (samples == channels && !bgr) {  // all of them, in their order
    const int32_t all = count * samples;
    if (white < 0 && swap) {
      for (int32_t i = 0; i < all; i++) out[i] = word_at(words, i, 1);
      return;
    }
    if (white < 0) {
      memcpy(out, words, 2 * (size_t)all);
      return;
    }
    for (int32_t i = 0; i < all; i++) {
      const uint16_t word = word_at(words, i, swap), limit = (uint16_t)white;
      out[i] = (uint16_t)(limit - (word < limit ? word : limit));
    }
    return;
  }
  for (int32_t i = 0; i < count; i++) {
    for (int32_t channel = 0; channel < channels; channel++) {
      const int64_t place = (int64_t)i * samples + (bgr ? channels - 1 - channel : channel);
      const int32_t word = word_at(words, place, swap);
      out[(int64_t)i * channels + channel] = (uint16_t)(white < 0 ? word : word > white ? 0 : white - word);
    }
  }
}

static inline __attribute__((always_inline)) void pick(const uint8_t *restrict bytes, int32_t count, int32_t samples,
                                                       int32_t red, int32_t blue, int32_t channels,
                                                       uint8_t *restrict out) {
  for (int32_t i = 0; i < count; i++) {
    const uint8_t *pixel = bytes + (int64_t)i * samples;
    if (samples < 3) {
      out[i] = pixel[0];
    } else if (channels == 1) {
      out[i] = feeder_luma(pixel[red], pixel[1], pixel[blue]);
    } else {
      uint8_t *to = out + 3 * (int64_t)i;
      to[0] = pixel[red];
      to[1] = pixel[1];
      to[2] = pixel[blue];
    }
  }
}

void feeder_pick_bytes_plain(const uint8_t *bytes, int32_t count, int32_t samples, int32_t bgr, int32_t channels,
                             uint8_t *out) {
  const int32_t kind = samples * 10 + (samples < 3 ? 0 : channels + bgr);
  switch (kind) {
    case 20: return pick(bytes, count, 2, 0, 0, 1, out);
    case 31: return pick(bytes, count, 3, 0, 2, 1, out);
    case 32: return pick(bytes, count, 3, 2, 0, 1, out);
    case 34: return pick(bytes, count, 3, 2, 0, 3, out);
    case 41: return pick(bytes, count, 4, 0, 2, 1, out);
    case 42: return pick(bytes, count, 4, 2, 0, 1, out);
    case 43: return pick(bytes, count, 4, 0, 2, 3, out);
    case 44: return pick(bytes, count, 4, 2, 0, 3, out);
    default: memcpy(out, bytes, (size_t)count * (size_t)samples);
  }
}

// Bytes at a row's beginning; behind them the processor reads ahead by itself.
enum { BEGINNING = 512 };

void feeder_copy_rows(const void *from, int64_t from_stride, void *to, int64_t to_stride, size_t bytes, size_t rows) {
  typedef uint8_t part __attribute__((vector_size(16), aligned(1)));
  for (size_t row = 0; row < rows; row++) {
    const uint8_t *source = (const uint8_t *)from + (int64_t)row * from_stride;
    uint8_t *target = (uint8_t *)to + (int64_t)row * to_stride;
    size_t i = 0;
    for (; i + 64 <= bytes; i += 64) {
      if (i < BEGINNING) __builtin_prefetch(target + to_stride + (int64_t)i, 1);
      const part *parts = (const part *)(source + i);
      const part a = parts[0], b = parts[1], c = parts[2], d = parts[3];
      part *out = (part *)(target + i);
      out[0] = a;
      out[1] = b;
      out[2] = c;
      out[3] = d;
    }
    memcpy(target + i, source + i, bytes - i);
  }
}

void feeder_look_up_rgb(const uint8_t *indices, int32_t count, const uint32_t *colours, uint8_t *restrict out) {
  for (int32_t i = 0; i < count; i++) {
    const uint32_t colour = colours[indices[i]];
    out[3 * (int64_t)i] = (uint8_t)colour;
    out[3 * (int64_t)i + 1] = (uint8_t)(colour >> 8);
    out[3 * (int64_t)i + 2] = (uint8_t)(colour >> 16);
  }
}

int32_t feeder_largest(const uint8_t *bytes, int32_t count) {
  uint8_t largest = 0;
  for (int32_t i = 0; i < count; i++) largest = bytes[i] > largest ? bytes[i] : largest;
  return largest;
}

void feeder_add_row(const uint8_t *restrict row, int32_t count, int32_t times, int32_t first, uint16_t *restrict sums) {
  const uint16_t factor = (uint16_t)times;
  if (first) {
    for (int32_t i = 0; i < count; i++) sums[i] = (uint16_t)(row[i] * factor);
  } else {
    for (int32_t i = 0; i < count; i++) sums[i] = (uint16_t)(sums[i] + row[i] * factor);
  }
}

static inline __attribute__((always_inline)) void fold(const uint16_t *restrict sums, int32_t width, int32_t channels,
                                                       int32_t by, uint8_t *restrict out) {
  const uint32_t area = (uint32_t)(by * by);
  const int32_t whole = width / by;
  for (int32_t i = 0; i < whole; i++) {
    for (int32_t channel = 0; channel < channels; channel++) {
      uint32_t sum = area / 2;
      for (int32_t k = 0; k < by; k++) sum += sums[((int64_t)i * by + k) * channels + channel];
      out[(int64_t)i * channels + channel] = (uint8_t)(sum / area);
    }
  }
  for (int32_t channel = 0; width % by != 0 && channel < channels; channel++) {
    uint32_t sum = area / 2;
    for (int32_t k = 0; k < by; k++) {
      const int32_t column = whole * by + k;
      sum += sums[(int64_t)(column < width ? column : width - 1) * channels + channel];
    }
    out[(int64_t)whole * channels + channel] = (uint8_t)(sum / area);
  }
}

void feeder_fold_row(const uint16_t *sums, int32_t width, int32_t channels, int32_t by, uint8_t *out) {
  switch (by * 10 + channels) {
    case 21: return fold(sums, width, 1, 2, out);
    case 23: return fold(sums, width, 3, 2, out);
    case 41: return fold(sums, width, 1, 4, out);
    case 43: return fold(sums, width, 3, 4, out);
    case 81: return fold(sums, width, 1, 8, out);
    case 83: return fold(sums, width, 3, 8, out);
    default: return;
  }
}

void feeder_scatter_pixels(const uint8_t *restrict pixels, int32_t count, int32_t pixel_bytes, int32_t step,
                           uint8_t *restrict out) {
  for (int32_t i = 0; i < count; i++) {
    for (int32_t k = 0; k < pixel_bytes; k++) {
      out[(int64_t)i * step * pixel_bytes + k] = pixels[(int64_t)i * pixel_bytes + k];
    }
  }
}

void feeder_mirror_pixels(void *row, int32_t count, int32_t pixel_bytes) {
  uint8_t *left = row, *right = left + (int64_t)(count - 1) * pixel_bytes;
  for (; left < right; left += pixel_bytes, right -= pixel_bytes) {
    uint8_t kept[8];
    memcpy(kept, left, (size_t)pixel_bytes);
    memcpy(left, right, (size_t)pixel_bytes);
    memcpy(right, kept, (size_t)pixel_bytes);
  }
}

static inline __attribute__((always_inline)) void turn(const uint8_t *restrict band, int32_t width, int32_t rows,
                                                       int32_t pixel_bytes, int32_t mirror_rows, int32_t mirror_columns,
                                                       uint8_t *restrict out, int64_t stride) {
  for (int32_t x = 0; x < width; x++) {
    const uint8_t *from = band + (int64_t)x * pixel_bytes;
    uint8_t *to = out + (int64_t)(mirror_columns ? width - 1 - x : x) * stride;
    for (int32_t y = 0; y < rows; y++) {
      memcpy(to + (int64_t)(mirror_rows ? rows - 1 - y : y) * pixel_bytes, from + (int64_t)y * width * pixel_bytes,
             (size_t)pixel_bytes);
    }
  }
}

void feeder_turn_band(const void *band, int32_t width, int32_t rows, int32_t pixel_bytes, int32_t mirror_rows,
                      int32_t mirror_columns, void *out, int64_t stride) {
  switch (pixel_bytes) {
    case 1: return turn(band, width, rows, 1, mirror_rows, mirror_columns, out, stride);
    case 2: return turn(band, width, rows, 2, mirror_rows, mirror_columns, out, stride);
    case 3: return turn(band, width, rows, 3, mirror_rows, mirror_columns, out, stride);
    case 6: return turn(band, width, rows, 6, mirror_rows, mirror_columns, out, stride);
    default: return;
  }
}
