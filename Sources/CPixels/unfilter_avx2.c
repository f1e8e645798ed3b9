#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX2_TARGET))), apply_to = function)

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __m128i read(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

INLINE void write(uint8_t *bytes, __m128i value) { _mm_storeu_si128((__m128i *)bytes, value); }

// ---- Left: sums of a register's pixels, and of the last one before it. ----

// Bytes of whole pixels that are summed at once: what is left of 16 stays for the next turn.
INLINE int32_t summed_bytes(int32_t each) { return each == 3 || each == 6 ? 12 : 16; }

// The last whole pixel in the place of every one.
INLINE __m128i last_pixel(int32_t each) {
  const int32_t first = summed_bytes(each) - each;
  uint8_t places[16];
  for (int32_t i = 0; i < 16; i++) places[i] = (uint8_t)(first + i % each);
  return read(places);
}

INLINE void left(int32_t each, const uint8_t *row, int32_t count, uint8_t *out) {
  const __m128i last = last_pixel(each);
  __m128i sum = _mm_setzero_si128();
  int32_t i = 0;
  for (; i + 16 <= count; i += summed_bytes(each)) {
    __m128i x = read(row + i);
    if (each == 1) x = _mm_add_epi8(x, _mm_slli_si128(x, 1));
    if (each <= 2) x = _mm_add_epi8(x, _mm_slli_si128(x, 2));
    if (each == 3) x = _mm_add_epi8(x, _mm_slli_si128(x, 3));
    if (each <= 2 || each == 4) x = _mm_add_epi8(x, _mm_slli_si128(x, 4));
    if (each == 3 || each == 6) x = _mm_add_epi8(x, _mm_slli_si128(x, 6));
    if (each != 3 && each != 6) x = _mm_add_epi8(x, _mm_slli_si128(x, 8));
    x = _mm_add_epi8(x, sum);
    sum = _mm_shuffle_epi8(x, last);
    write(out + i, x);
  }
  for (; i < count; i++) out[i] = (uint8_t)(row[i] + (i < each ? 0 : out[i - each]));
}

INLINE void up(const uint8_t *row, const uint8_t *above, int32_t count, uint8_t *out) {
  for (int32_t i = 0; i < count; i++) out[i] = (uint8_t)(row[i] + above[i]);
}

// ---- Mean and Paeth: a pixel needs its left neighbour, so a row alone cannot be done in parallel. Several rows can: each one two pixels
// behind the row above. A register holds one pixel of each, `lane` bytes wide. ----

typedef struct {
  __m128i is_left, is_up, is_mean, is_paeth;  // by row
  __m128i a, before, c;                       // the last pixels, those before, and the pixels above the last ones
} wave;

// One pixel of each row; `first` holds the pixel above the first row in the lowest lane.
INLINE __m128i step(wave *w, int32_t lane, __m128i raw, __m128i first) {
  const __m128i zero = _mm_setzero_si128(), one = _mm_set1_epi8(1);
  const __m128i a = w->a, c = w->c;
  const __m128i shifted = lane == 1   ? _mm_slli_si128(w->before, 1)
                          : lane == 2 ? _mm_slli_si128(w->before, 2)
                          : lane == 4 ? _mm_slli_si128(w->before, 4)
                                      : _mm_slli_si128(w->before, 8);
  const __m128i b = _mm_or_si128(shifted, first);
  // Distances of Paeth's estimate a + b - c: to a |b - c|, to b |a - c|, to c their difference, or their sum (which is never the
  // least) if a and b lie on the same side of c.
  const __m128i b_over = _mm_subs_epu8(b, c), b_under = _mm_subs_epu8(c, b);
  const __m128i a_over = _mm_subs_epu8(a, c), a_under = _mm_subs_epu8(c, a);
  const __m128i to_a = _mm_or_si128(b_over, b_under), to_b = _mm_or_si128(a_over, a_under);
  const __m128i difference = _mm_or_si128(_mm_subs_epu8(to_a, to_b), _mm_subs_epu8(to_b, to_a));
  const __m128i opposite = _mm_blendv_epi8(a_over, a_under, _mm_cmpeq_epi8(b_under, zero));
  const __m128i to_c = _mm_or_si128(difference, _mm_cmpeq_epi8(opposite, zero));
  const __m128i least = _mm_min_epu8(to_b, to_c);
  const __m128i takes_a = _mm_cmpeq_epi8(_mm_min_epu8(to_a, least), to_a);
  const __m128i takes_b = _mm_cmpeq_epi8(least, to_b);
  const __m128i paeth = _mm_blendv_epi8(_mm_blendv_epi8(c, b, takes_b), a, takes_a);
  const __m128i mean = _mm_sub_epi8(_mm_avg_epu8(a, b), _mm_and_si128(_mm_xor_si128(a, b), one));
  const __m128i other = _mm_or_si128(_mm_and_si128(mean, w->is_mean),
                                     _mm_or_si128(_mm_and_si128(a, w->is_left), _mm_and_si128(b, w->is_up)));
  const __m128i out = _mm_add_epi8(_mm_add_epi8(raw, other), _mm_and_si128(paeth, w->is_paeth));
  w->before = a;
  w->a = out;
  w->c = b;
  return out;
}

// Rows of 16 bytes to columns: interleaving the halves of the list turns the bits of a byte's place round by one.
INLINE void turn_bytes(__m128i v[16]) {
  for (int32_t round = 0; round < 4; round++) {
    __m128i next[16];
    for (int32_t i = 0; i < 8; i++) {
      next[2 * i] = _mm_unpacklo_epi8(v[i], v[i + 8]);
      next[2 * i + 1] = _mm_unpackhi_epi8(v[i], v[i + 8]);
    }
    memcpy(v, next, sizeof next);
  }
}

INLINE void turn_words(__m128i v[8]) {
  for (int32_t round = 0; round < 3; round++) {
    __m128i next[8];
    for (int32_t i = 0; i < 4; i++) {
      next[2 * i] = _mm_unpacklo_epi16(v[i], v[i + 4]);
      next[2 * i + 1] = _mm_unpackhi_epi16(v[i], v[i + 4]);
    }
    memcpy(v, next, sizeof next);
  }
}

INLINE void turn_fours(__m128i v[4]) {
  for (int32_t round = 0; round < 2; round++) {
    __m128i next[4];
    for (int32_t i = 0; i < 2; i++) {
      next[2 * i] = _mm_unpacklo_epi32(v[i], v[i + 2]);
      next[2 * i + 1] = _mm_unpackhi_epi32(v[i], v[i + 2]);
    }
    memcpy(v, next, sizeof next);
  }
}

INLINE void turn_eights(__m128i v[2]) {
  const __m128i low = _mm_unpacklo_epi64(v[0], v[1]);
  v[1] = _mm_unpackhi_epi64(v[0], v[1]);
  v[0] = low;
}

// 16 bytes of lanes: pixels of 3 and 6 bytes get spare ones, or lose them.
INLINE __m128i widen(int32_t each, __m128i x) {
  if (each == 3) return _mm_shuffle_epi8(x, _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
  if (each == 6) return _mm_shuffle_epi8(x, _mm_setr_epi8(0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, 9, 10, 11, -1, -1));
  return x;
}

INLINE __m128i narrow(int32_t each, __m128i x) {
  if (each == 3) return _mm_shuffle_epi8(x, _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  if (each == 6) return _mm_shuffle_epi8(x, _mm_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1));
  return x;
}

// As many rows as a register has lanes, or fewer.
INLINE void wave_rows(int32_t each, int32_t lane, const uint8_t *packed, int64_t stride, int32_t rows,
                      const uint8_t *above, int32_t count, uint8_t *const *outs) {
  const int32_t lanes = 16 / lane, width = count / each;  // so a turn takes as many pixels as there are lanes
  wave w = {0};
  uint8_t filters[16];
  for (int32_t i = 0; i < 16; i++) filters[i] = i / lane < rows ? packed[i / lane * stride] : 0;
  const __m128i filter = read(filters);
  w.is_left = _mm_cmpeq_epi8(filter, _mm_set1_epi8(1));
  w.is_up = _mm_cmpeq_epi8(filter, _mm_set1_epi8(2));
  w.is_mean = _mm_cmpeq_epi8(filter, _mm_set1_epi8(3));
  w.is_paeth = _mm_cmpeq_epi8(filter, _mm_set1_epi8(4));
  for (int32_t s = 0; s < width + 2 * (rows - 1); s += lanes) {
    __m128i v[16];
    // Pixels s - 2 r to s - 2 r + lanes of row r; zeros outside of it.
    for (int32_t r = 0; r < lanes; r++) {
      const int32_t x = s - 2 * r;
      const uint8_t *row = packed + r * stride + 1;
      if (r < rows && x >= 0 && x * each + 16 <= count) {
        v[r] = widen(each, read(row + x * each));
      } else {
        uint8_t part[16] = {0};
        const int32_t first = x < 0 ? -x : 0, end = width - x < lanes ? width - x : lanes;
        if (r < rows && first < end) {
          memcpy(part + first * each, row + (x + first) * each, (size_t)((end - first) * each));
        }
        v[r] = widen(each, read(part));
      }
    }
    uint8_t upper[32] = {0};
    if (s < width) {
      const int32_t left_bytes = count - s * each, most = lanes * each;
      memcpy(upper, above + s * each, (size_t)(left_bytes < most ? left_bytes : most));
    }
    if (lane == 1) turn_bytes(v);
    if (lane == 2) turn_words(v);
    if (lane == 4) turn_fours(v);
    if (lane == 8) turn_eights(v);
    for (int32_t t = 0; t < lanes; t++) {
      uint64_t pixel = 0;
      memcpy(&pixel, upper + t * each, (size_t)each);
      v[t] = step(&w, lane, v[t], _mm_cvtsi64_si128((int64_t)pixel));
    }
    if (lane == 1) turn_bytes(v);
    if (lane == 2) turn_words(v);
    if (lane == 4) turn_fours(v);
    if (lane == 8) turn_eights(v);
    for (int32_t r = 0; r < rows; r++) {
      const int32_t x = s - 2 * r;
      const __m128i pixels = narrow(each, v[r]);
      // A register may also cover pixels of the next turn, which writes them later.
      if (x >= 0 && x * each + 16 <= count) {
        write(outs[r] + x * each, pixels);
      } else {
        uint8_t part[16];
        write(part, pixels);
        const int32_t first = x < 0 ? -x : 0, end = width - x < lanes ? width - x : lanes;
        if (first < end) memcpy(outs[r] + (x + first) * each, part + first * each, (size_t)((end - first) * each));
      }
    }
  }
}

INLINE void rows_of(int32_t each, const uint8_t *packed, int64_t stride, int32_t rows, const uint8_t *above,
                    int32_t count, uint8_t *const *outs) {
  const int32_t lane = each == 3 ? 4 : each == 6 ? 8 : each, lanes = 16 / lane;
  for (int32_t first = 0; first < rows;) {
    const uint8_t *row = packed + first * stride;
    if (row[0] < 3) {  // a row alone is fast
      if (row[0] == 0) memcpy(outs[first], row + 1, (size_t)count);
      if (row[0] == 1) left(each, row + 1, count, outs[first]);
      if (row[0] == 2) up(row + 1, above, count, outs[first]);
      above = outs[first++];
      continue;
    }
    const int32_t together = rows - first < lanes ? rows - first : lanes;
    wave_rows(each, lane, row, stride, together, above, count, outs + first);
    first += together;
    above = outs[first - 1];
  }
}

void feeder_unfilter_avx2(const uint8_t *packed, int64_t stride, int32_t rows, int32_t pixel_bytes,
                          const uint8_t *above, int32_t count, uint8_t *const *outs) {
  switch (pixel_bytes) {
    case 1: return rows_of(1, packed, stride, rows, above, count, outs);
    case 2: return rows_of(2, packed, stride, rows, above, count, outs);
    case 3: return rows_of(3, packed, stride, rows, above, count, outs);
    case 4: return rows_of(4, packed, stride, rows, above, count, outs);
    case 6: return rows_of(6, packed, stride, rows, above, count, outs);
    default: return rows_of(8, packed, stride, rows, above, count, outs);
  }
}

#pragma clang attribute pop
#endif
