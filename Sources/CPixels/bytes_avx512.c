#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX512_TARGET))), apply_to = function)

#include <immintrin.h>

// The last part of a row is processed with a mask, so nothing outside the row is read or written.
static __mmask64 first_bytes(int32_t count) { return count >= 64 ? ~0ull : count <= 0 ? 0 : (1ull << count) - 1; }

static inline __attribute__((always_inline)) __m512i pair_sums(const uint8_t *upper, const uint8_t *lower,
                                                               __mmask64 mask) {
  const __m512i ones = _mm512_set1_epi8(1);
  return _mm512_add_epi16(_mm512_maddubs_epi16(_mm512_maskz_loadu_epi8(mask, upper), ones),
                          _mm512_maddubs_epi16(_mm512_maskz_loadu_epi8(mask, lower), ones));
}

void feeder_mean_2x2_avx512(const uint8_t *upper, const uint8_t *lower, int32_t count, uint8_t *out) {
  const __m512i two = _mm512_set1_epi16(2);
  for (int32_t i = 0; i < count; i += 32) {
    int32_t left = count - i;
    __m512i sum = pair_sums(upper + 2 * i, lower + 2 * i, first_bytes(2 * left < 64 ? 2 * left : 64));
    __m256i mean = _mm512_cvtepi16_epi8(_mm512_srli_epi16(_mm512_add_epi16(sum, two), 2));
    _mm256_mask_storeu_epi8(out + i, (__mmask32)first_bytes(left), mean);
  }
}

// The 64 bytes of a channel come from three registers, byte i from 3 i + channel. The lower 7 bits of that select from
// two registers together, the lower 6 from the third; a mask merges the results.
void feeder_split_rgb_avx512(const uint8_t *pixels, int32_t count, uint8_t *red, uint8_t *green, uint8_t *blue) {
  static const uint8_t numbers[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                      32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                      48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  static const __mmask64 third[3] = {~0ull << 43, ~0ull << 43, ~0ull << 42};  // bytes with 3 i + channel >= 128
  const __m512i once = _mm512_loadu_si512(numbers), thrice = _mm512_add_epi8(_mm512_add_epi8(once, once), once);
  uint8_t *const outs[3] = {red, green, blue};
  for (int32_t i = 0; i < count; i += 64) {
    const int32_t left = count - i, bytes = 3 * (left < 64 ? left : 64);
    const uint8_t *start = pixels + 3 * (int64_t)i;
    const __m512i a = _mm512_maskz_loadu_epi8(first_bytes(bytes), start);
    const __m512i b = _mm512_maskz_loadu_epi8(first_bytes(bytes - 64), start + 64);
    const __m512i c = _mm512_maskz_loadu_epi8(first_bytes(bytes - 128), start + 128);
    for (int32_t channel = 0; channel < 3; channel++) {
      const __m512i index = _mm512_add_epi8(thrice, _mm512_set1_epi8((int8_t)channel));
      const __m512i two = _mm512_permutex2var_epi8(a, index, b);
      const __m512i all = _mm512_mask_permutexvar_epi8(two, third[channel], index, c);
      _mm512_mask_storeu_epi8(outs[channel] + i, first_bytes(left), all);
    }
  }
}

void feeder_map_bytes_avx512(uint8_t *bytes, int32_t count, const uint8_t *table) {
  const __m512i t0 = _mm512_loadu_si512(table), t1 = _mm512_loadu_si512(table + 64);
  const __m512i t2 = _mm512_loadu_si512(table + 128), t3 = _mm512_loadu_si512(table + 192);
  const __m512i bit6 = _mm512_set1_epi8(64);
  for (int32_t i = 0; i < count; i += 64) {
    const __mmask64 mask = first_bytes(count - i);
    __m512i x = _mm512_maskz_loadu_epi8(mask, bytes + i);
    __mmask64 k6 = _mm512_test_epi8_mask(x, bit6), k7 = _mm512_movepi8_mask(x);
    __m512i y = _mm512_permutexvar_epi8(x, t0);
    y = _mm512_mask_permutexvar_epi8(y, k6, x, t1);
    y = _mm512_mask_permutexvar_epi8(y, k7, x, t2);
    y = _mm512_mask_permutexvar_epi8(y, k6 & k7, x, t3);
    _mm512_mask_storeu_epi8(bytes + i, mask, y);
  }
}

#pragma clang attribute pop
#endif
