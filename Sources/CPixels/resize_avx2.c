#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX2_TARGET))), apply_to = function)

#include <immintrin.h>
#include <string.h>

#include "columns.h"
#include "taps.h"

void feeder_fill_taps_avx2(double scale, double offset, int32_t start, int32_t step, int32_t count,
                           int32_t source_count, int32_t *first, int32_t *second, int16_t *weight) {
  fill_taps(scale, offset, start, step, count, source_count, first, second, weight);
}

// The blends of resize_avx512.c. Each half of a register is a lane: up to 8 outputs from its own 16 source bytes, which
// suffices up to a reduction by 2. Stronger reductions have fewer outputs per lane.

enum { OUTPUTS = 8, WINDOW = 16, LANES = 2, NOTHING = 0x80 };

typedef struct {
  uint8_t near_upper[LANES][WINDOW];  // index of the nearer neighbour in even bytes, NOTHING in odd ones
  uint8_t near_lower[LANES][WINDOW];  // the reverse
  uint8_t far_upper[LANES][WINDOW];
  uint8_t far_lower[LANES][WINDOW];
  int16_t factor[LANES][OUTPUTS];  // -32 times the farther neighbour's weight
  uint8_t both[LANES][WINDOW];     // index of the nearer and of the farther
  int8_t high[LANES][WINDOW];      // their weights
  int8_t low[LANES][WINDOW];
  int32_t source[LANES];  // first byte of the window in a source row
  int32_t start[LANES];   // first output
  int32_t length[LANES];  // outputs
  int32_t is_whole;       // both lanes are full
  int32_t unused[9];
} Block;

// Fills a lane with as many outputs from `start` on as its window serves. Returns their number.
static int32_t plan_lane(Block *block, int32_t lane, const feeder_columns *columns, int32_t start) {
  const int32_t *first = columns->first, *second = columns->second;
  const Reach part = reach(columns, start, OUTPUTS, WINDOW);
  const int32_t length = part.length;
  block->source[lane] = part.source;
  block->start[lane] = start;
  block->length[lane] = length;
  for (int32_t i = 0; i < OUTPUTS; i++) {
    const int32_t at = start + smaller(i, length - 1), w = columns->weight[at], share = w > 1024 ? 2048 - w : w;
    const int32_t a = first[at] - block->source[lane], b = second[at] - block->source[lane];
    const uint8_t near = (uint8_t)(w > 1024 ? b : a), far = (uint8_t)(w > 1024 ? a : b);
    const int32_t even = 2 * i, odd = even + 1;
    block->near_upper[lane][even] = block->near_lower[lane][odd] = block->both[lane][even] = near;
    block->far_upper[lane][even] = block->far_lower[lane][odd] = block->both[lane][odd] = far;
    block->near_upper[lane][odd] = block->near_lower[lane][even] = NOTHING;
    block->far_upper[lane][odd] = block->far_lower[lane][even] = NOTHING;
    block->factor[lane][i] = (int16_t)(-32 * share);
    block->high[lane][even] = (int8_t)high_part(2048 - share);
    block->high[lane][odd] = (int8_t)high_part(share);
    block->low[lane][even] = (int8_t)low_part(2048 - share);
    block->low[lane][odd] = (int8_t)low_part(share);
  }
  return length;
}

void feeder_plan_columns_avx2(feeder_columns *columns) {
  Block *blocks = columns->plan;
  const int32_t capacity = (int32_t)(feeder_plan_bytes(columns->count) / (int64_t)sizeof(Block));
  columns->block_count = 0;
  if (columns->source_count < WINDOW) return;
  int32_t number = 0;
  for (int32_t start = 0; start < columns->count; number++) {
    if (number == capacity) return;  // the reduction is so strong that lanes would have few outputs
    Block *block = &blocks[number];
    start += plan_lane(block, 0, columns, start);
    // If the last block has outputs for one lane only, the second lane repeats them.
    const bool is_last = start == columns->count;
    const int32_t again = plan_lane(block, 1, columns, is_last ? block->start[0] : start);
    start += is_last ? 0 : again;
    block->is_whole = !is_last && block->length[0] == OUTPUTS && block->length[1] == OUTPUTS;
  }
  columns->block_count = number;
}

#define INLINE static inline __attribute__((always_inline))

INLINE __m256i read(const void *bytes) { return _mm256_load_si256((const __m256i *)bytes); }

INLINE __m256i window(const Block *block, const uint8_t *row) {
  return _mm256_loadu2_m128i((const __m128i *)(row + block->source[1]), (const __m128i *)(row + block->source[0]));
}

INLINE __m256i weighted(__m256i pairs, __m256i high, __m256i low) {
  return _mm256_add_epi16(_mm256_maddubs_epi16(pairs, high), _mm256_srli_epi16(_mm256_maddubs_epi16(pairs, low), 4));
}

INLINE void store(const Block *block, __m256i words, int32_t count, uint8_t *out) {
  const __m256i bytes = _mm256_packus_epi16(words, words);
  if (block->is_whole) {
    const __m256i together = _mm256_permute4x64_epi64(bytes, 0x08);
    _mm_storeu_si128((__m128i *)(out + block->start[0]), _mm256_castsi256_si128(together));
    return;
  }
  const __m128i lanes[LANES] = {_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)};
  for (int32_t lane = 0; lane < LANES; lane++) {
    const int32_t start = block->start[lane];
    if (start + OUTPUTS <= count) {  // the next lane overwrites surplus outputs
      _mm_storel_epi64((__m128i *)(out + start), lanes[lane]);
    } else {
      uint8_t last[WINDOW];
      _mm_storeu_si128((__m128i *)last, lanes[lane]);
      memcpy(out + start, last, (size_t)block->length[lane]);
    }
  }
}

void feeder_resample_row_avx2(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower, int32_t weight,
                              uint8_t *out) {
  if (columns->block_count == 0) {
    feeder_resample_row_plain(columns, upper, lower, weight, out);
    return;
  }
  const int32_t rest = 2048 - weight;
  const __m256i high = _mm256_set1_epi16(side_by_side(high_part(rest), high_part(weight)));
  const __m256i low = _mm256_set1_epi16(side_by_side(low_part(rest), low_part(weight)));
  const __m256i rounding = _mm256_set1_epi16(256);  // (x * 256 + 2^14) >> 15 = (x + 64) >> 7
  const Block *block = columns->plan;
  for (const Block *end = block + columns->block_count; block < end; block++) {
    const __m256i u = window(block, upper), l = window(block, lower);
    __m256i near = _mm256_or_si256(_mm256_shuffle_epi8(u, read(block->near_upper)),
                                   _mm256_shuffle_epi8(l, read(block->near_lower)));
    __m256i far =
        _mm256_or_si256(_mm256_shuffle_epi8(u, read(block->far_upper)), _mm256_shuffle_epi8(l, read(block->far_lower)));
    near = weighted(near, high, low);
    far = weighted(far, high, low);
    const __m256i step = _mm256_mulhi_epi16(_mm256_sub_epi16(near, far), read(block->factor));
    store(block, _mm256_mulhrs_epi16(_mm256_add_epi16(near, step), rounding), columns->count, out);
  }
}

// 128 times the interpolated values of one row.
INLINE __m256i across(const Block *block, const uint8_t *row) {
  const __m256i pairs = _mm256_shuffle_epi8(window(block, row), read(block->both));
  return weighted(pairs, read(block->high), read(block->low));
}

void feeder_letterbox_row_avx2(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,
                               int32_t weight, uint8_t *out) {
  if (columns->block_count == 0) {
    feeder_letterbox_row_plain(columns, upper, lower, weight, out);
    return;
  }
  const __m256i w0 = _mm256_set1_epi16((int16_t)(2048 - weight)), w1 = _mm256_set1_epi16((int16_t)weight);
  const __m256i two = _mm256_set1_epi16(2);
  const Block *block = columns->plan;
  for (const Block *end = block + columns->block_count; block < end; block++) {
    const __m256i above = _mm256_mulhi_epi16(across(block, upper), w0);
    const __m256i below = _mm256_mulhi_epi16(across(block, lower), w1);
    const __m256i sum = _mm256_add_epi16(_mm256_add_epi16(above, below), two);
    store(block, _mm256_srli_epi16(sum, 2), columns->count, out);
  }
}

#pragma clang attribute pop
#endif
