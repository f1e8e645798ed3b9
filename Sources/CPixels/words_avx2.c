#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX2_TARGET))), apply_to = function)

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

typedef struct {
  __m256i black, span;
  __m256 scale, offset;
} wide_steps;

INLINE __m256i scaled(__m256i levels, const wide_steps *s) {
  return _mm256_cvttps_epi32(_mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(levels), s->scale), s->offset));
}

// 16 words, in their order.
INLINE __m256i bytes_of(const uint8_t *words, int32_t swap, int32_t falls, const wide_steps *s) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i x = _mm256_loadu_si256((const __m256i *)words);
  if (swap) x = _mm256_or_si256(_mm256_slli_epi16(x, 8), _mm256_srli_epi16(x, 8));
  x = _mm256_min_epu16(falls ? _mm256_subs_epu16(s->black, x) : _mm256_subs_epu16(x, s->black), s->span);
  return _mm256_packus_epi32(scaled(_mm256_unpacklo_epi16(x, zero), s), scaled(_mm256_unpackhi_epi16(x, zero), s));
}

INLINE int32_t step_words(const uint8_t *words, int32_t count, int32_t swap, int32_t falls, const wide_steps *s,
                          uint8_t *out) {
#pragma STDC FP_CONTRACT OFF
  int32_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i low = bytes_of(words + 2 * (int64_t)i, swap, falls, s);
    const __m256i high = bytes_of(words + 2 * (int64_t)i + 32, swap, falls, s);
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xd8);
    _mm256_storeu_si256((__m256i *)(out + i), bytes);
  }
  return i;
}

void feeder_step_words_avx2(const void *words, int32_t count, int32_t swap, const feeder_steps *steps, uint8_t *out) {
  const wide_steps s = {_mm256_set1_epi16((int16_t)steps->black), _mm256_set1_epi16((int16_t)steps->span),
                        _mm256_set1_ps(steps->scale), _mm256_set1_ps(steps->offset)};
  const uint8_t *bytes = words;
  int32_t done;
  if (steps->falls) {
    done = swap ? step_words(bytes, count, 1, 1, &s, out) : step_words(bytes, count, 0, 1, &s, out);
  } else {
    done = swap ? step_words(bytes, count, 1, 0, &s, out) : step_words(bytes, count, 0, 0, &s, out);
  }
  feeder_step_words_plain(bytes + 2 * (int64_t)done, count - done, swap, steps, out + done);
}

#pragma clang attribute pop
#endif
