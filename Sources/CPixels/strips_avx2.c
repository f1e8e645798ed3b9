#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX2_TARGET))), apply_to = function)

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __m128i read(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

INLINE __m128i add(__m128i a, __m128i b, int32_t sample_bytes) {
  return sample_bytes == 2 ? _mm_add_epi16(a, b) : _mm_add_epi8(a, b);
}

// Sums of the whole pixels in a register, and of the last pixel before it. A store also writes the bytes behind its pixels, so the
// next register is read before it, and the last one is put back.
INLINE int64_t add_left(uint8_t *row, int64_t count, int32_t pixel, int32_t sample_bytes) {
  const int32_t used = 16 - 16 % pixel;
  if (count < used + 16) return 0;
  uint8_t places[16];
  for (int32_t i = 0; i < 16; i++) places[i] = (uint8_t)(used - pixel + i % pixel);
  const __m128i last = read(places);
  __m128i sum = _mm_setzero_si128(), x = read(row);
  int64_t i = 0;
  for (; i + used + 16 <= count; i += used) {
    const __m128i next = read(row + i + used);
    if (pixel == 1) x = add(x, _mm_slli_si128(x, 1), sample_bytes);
    if (pixel <= 2) x = add(x, _mm_slli_si128(x, 2), sample_bytes);
    if (pixel == 3) x = add(x, _mm_slli_si128(x, 3), sample_bytes);
    if (pixel <= 2 || pixel == 4) x = add(x, _mm_slli_si128(x, 4), sample_bytes);
    if (pixel == 3 || pixel == 6) x = add(x, _mm_slli_si128(x, 6), sample_bytes);
    if (pixel != 3 && pixel != 6) x = add(x, _mm_slli_si128(x, 8), sample_bytes);
    if (pixel == 3) x = add(x, _mm_slli_si128(x, 12), sample_bytes);
    x = add(x, sum, sample_bytes);
    sum = _mm_shuffle_epi8(x, last);
    _mm_storeu_si128((__m128i *)(row + i), x);
    x = next;
  }
  _mm_storeu_si128((__m128i *)(row + i), x);
  return i;
}

void feeder_add_left_avx2(uint8_t *row, int64_t count, int32_t channels, int32_t sample_bytes) {
  int64_t done = 0;
  switch (channels * 10 + sample_bytes) {
    case 11: done = add_left(row, count, 1, 1); break;
    case 21: done = add_left(row, count, 2, 1); break;
    case 31: done = add_left(row, count, 3, 1); break;
    case 41: done = add_left(row, count, 4, 1); break;
    case 12: done = add_left(row, count, 2, 2); break;
    case 22: done = add_left(row, count, 4, 2); break;
    case 32: done = add_left(row, count, 6, 2); break;
    case 42: done = add_left(row, count, 8, 2); break;
    default: break;
  }
  // The plain kernel leaves the first pixel that it is given.
  const int64_t before = done > 0 ? done - (int64_t)channels * sample_bytes : 0;
  feeder_add_left_plain(row + before, count - before, channels, sample_bytes);
}

#pragma clang attribute pop
#endif
