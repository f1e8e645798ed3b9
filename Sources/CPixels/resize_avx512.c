#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX512_TARGET))), apply_to = function)

#include <immintrin.h>
#include <string.h>

#include "columns.h"
#include "taps.h"

void feeder_fill_taps_avx512(double scale, double offset, int32_t start, int32_t step, int32_t count,
                             int32_t source_count, int32_t *first, int32_t *second, int16_t *weight) {
  fill_taps(scale, offset, start, step, count, source_count, first, second, weight);
}

// 32 outputs at a time. Both neighbours are permuted from one register of 64 source bytes, which suffices up to a
// reduction by 2. Stronger reductions have fewer outputs per block.
//
// Two exact ways to blend a and b with weights 2048 - w and w, >> 4, in 16 bits:
// - 15-bit numbers: with f <= 1024 the farther one's weight, near + (((near - far) * (-32 f)) >> 16) is the same >> 7.
// - Bytes: each weight is 16 high + low. The sum is (bytes * high) + ((bytes * low) >> 4), on pairs of bytes.

enum { OUTPUTS = 32, WINDOW = 64 };

typedef struct {
  uint8_t near[WINDOW];     // index of the nearer neighbour, twice
  uint8_t far[WINDOW];      // index of the farther neighbour, twice
  int16_t factor[OUTPUTS];  // -32 times the farther neighbour's weight
  int8_t high[WINDOW];      // weights of both, nearer first
  int8_t low[WINDOW];
  int32_t source;  // first byte of the window in a source row
  int32_t start;   // first output
  __mmask32 mask;  // outputs of this block
  int32_t unused[13];
} Block;

void feeder_plan_columns_avx512(feeder_columns *columns) {
  const int32_t *first = columns->first, *second = columns->second;
  Block *blocks = columns->plan;
  const int32_t capacity = (int32_t)(feeder_plan_bytes(columns->count) / (int64_t)sizeof(Block));
  int32_t number = 0;
  for (int32_t start = 0; start < columns->count; number++) {
    if (number == capacity) {  // the reduction is so strong that blocks would have few outputs
      columns->block_count = 0;
      return;
    }
    const Reach part = reach(columns, start, OUTPUTS, WINDOW);
    const int32_t length = part.length;
    Block *block = &blocks[number];
    memset(block, 0, sizeof(Block));
    block->source = part.source;
    block->start = start;
    block->mask = (__mmask32)(0xffffffffu >> (OUTPUTS - length));
    for (int32_t i = 0; i < length; i++) {
      int32_t a = first[start + i] - block->source, b = second[start + i] - block->source;
      int32_t w = columns->weight[start + i];
      const int32_t share = w > 1024 ? 2048 - w : w;
      block->near[2 * i] = block->near[2 * i + 1] = (uint8_t)(w > 1024 ? b : a);
      block->far[2 * i] = block->far[2 * i + 1] = (uint8_t)(w > 1024 ? a : b);
      block->factor[i] = (int16_t)(-32 * share);
      block->high[2 * i] = (int8_t)high_part(2048 - share);
      block->high[2 * i + 1] = (int8_t)high_part(share);
      block->low[2 * i] = (int8_t)low_part(2048 - share);
      block->low[2 * i + 1] = (int8_t)low_part(share);
    }
    start += length;
  }
  columns->block_count = number;
}

#define INLINE static inline __attribute__((always_inline))

static const __mmask64 odd = 0xaaaaaaaaaaaaaaaaull;

INLINE __m512i window(const Block *block, const uint8_t *row, __mmask64 present, bool is_narrow) {
  const uint8_t *start = row + block->source;
  return is_narrow ? _mm512_maskz_loadu_epi8(present, start) : _mm512_loadu_si512(start);
}

INLINE __m512i weighted(__m512i pairs, __m512i high, __m512i low) {
  return _mm512_add_epi16(_mm512_maddubs_epi16(pairs, high), _mm512_srli_epi16(_mm512_maddubs_epi16(pairs, low), 4));
}

INLINE void store(const Block *block, __m512i words, __m512i even, uint8_t *out) {
  __m256i bytes = _mm512_castsi512_si256(_mm512_permutexvar_epi8(even, words));
  _mm256_mask_storeu_epi8(out + block->start, block->mask, bytes);
}

static inline __m512i even_bytes(void) {
  __m512i words = _mm512_setzero_si512();
  uint8_t index[64];
  for (int i = 0; i < 64; i++) index[i] = (uint8_t)((2 * i) & 63);
  memcpy(&words, index, 64);
  return words;
}

static inline __mmask64 present_bytes(const feeder_columns *columns) {
  return columns->source_count >= WINDOW ? ~0ull : (1ull << columns->source_count) - 1;
}

// The pixels of both rows for one neighbour, the upper row first.
INLINE __m512i column_pairs(const uint8_t *index, __m512i upper, __m512i lower) {
  const __m512i at = _mm512_load_si512(index);
  return _mm512_mask_permutexvar_epi8(_mm512_permutexvar_epi8(at, upper), odd, at, lower);
}

INLINE void resample(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower, int32_t weight,
                     uint8_t *out, bool is_narrow) {
  const int32_t rest = 2048 - weight;
  const __m512i high = _mm512_set1_epi16(side_by_side(high_part(rest), high_part(weight)));
  const __m512i low = _mm512_set1_epi16(side_by_side(low_part(rest), low_part(weight)));
  const __m512i even = even_bytes();
  const __m512i rounding = _mm512_set1_epi16(256);  // (x * 256 + 2^14) >> 15 = (x + 64) >> 7
  const __mmask64 present = present_bytes(columns);
  const Block *block = columns->plan;
  for (const Block *end = block + columns->block_count; block < end; block++) {
    __m512i u = window(block, upper, present, is_narrow), l = window(block, lower, present, is_narrow);
    __m512i near = weighted(column_pairs(block->near, u, l), high, low);
    __m512i far = weighted(column_pairs(block->far, u, l), high, low);
    __m512i step = _mm512_mulhi_epi16(_mm512_sub_epi16(near, far), _mm512_load_si512(block->factor));
    store(block, _mm512_mulhrs_epi16(_mm512_add_epi16(near, step), rounding), even, out);
  }
}

void feeder_resample_row_avx512(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,
                                int32_t weight, uint8_t *out) {
  if (columns->block_count == 0) {
    feeder_resample_row_plain(columns, upper, lower, weight, out);
  } else if (columns->source_count < WINDOW) {
    resample(columns, upper, lower, weight, out, true);
  } else {
    resample(columns, upper, lower, weight, out, false);
  }
}

// 128 times the interpolated values of one row.
INLINE __m512i across(const Block *block, __m512i row) {
  const __m512i at = _mm512_mask_mov_epi8(_mm512_load_si512(block->near), odd, _mm512_load_si512(block->far));
  return weighted(_mm512_permutexvar_epi8(at, row), _mm512_load_si512(block->high), _mm512_load_si512(block->low));
}

INLINE void letterbox(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower, int32_t weight,
                      uint8_t *out, bool is_narrow) {
  const __m512i w0 = _mm512_set1_epi16((int16_t)(2048 - weight)), w1 = _mm512_set1_epi16((int16_t)weight);
  const __m512i even = even_bytes(), two = _mm512_set1_epi16(2);
  const __mmask64 present = present_bytes(columns);
  const Block *block = columns->plan;
  for (const Block *end = block + columns->block_count; block < end; block++) {
    __m512i above = _mm512_mulhi_epi16(across(block, window(block, upper, present, is_narrow)), w0);
    __m512i below = _mm512_mulhi_epi16(across(block, window(block, lower, present, is_narrow)), w1);
    __m512i sum = _mm512_add_epi16(_mm512_add_epi16(above, below), two);
    store(block, _mm512_srli_epi16(sum, 2), even, out);
  }
}

void feeder_letterbox_row_avx512(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,
                                 int32_t weight, uint8_t *out) {
  if (columns->block_count == 0) {
    feeder_letterbox_row_plain(columns, upper, lower, weight, out);
  } else if (columns->source_count < WINDOW) {
    letterbox(columns, upper, lower, weight, out, true);
  } else {
    letterbox(columns, upper, lower, weight, out, false);
  }
}

#pragma clang attribute pop
#endif
