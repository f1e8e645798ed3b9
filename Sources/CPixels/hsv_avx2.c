#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX2_TARGET))), apply_to = function)

#include <immintrin.h>

#include "hsv_codes.h"

#define INLINE static inline __attribute__((always_inline))

// The formulas of hsv_plain.c for 32 pixels at a time: to HSV in floats, which represent all its numbers exactly; back
// in 16 bits.

// 64 bytes as 16-bit halves in the order of unpack, which pack reverses.
typedef struct {
  __m256i lower, upper;
} Words;

INLINE Words words(__m256i low, __m256i high) {
  return (Words){_mm256_unpacklo_epi8(low, high), _mm256_unpackhi_epi8(low, high)};
}

INLINE __m256i set(int32_t value) { return _mm256_set1_epi16((int16_t)value); }

INLINE __m256i read(const uint8_t *bytes) { return _mm256_loadu_si256((const __m256i *)bytes); }

// Looks up bytes in a table of 16 x `parts` entries.
INLINE __m256i look_up_bytes(__m256i rest, const uint8_t *table, int32_t parts) {
  const __m256i sixteen = _mm256_set1_epi8(16), limit = _mm256_set1_epi8(0x70);
  __m256i result = _mm256_setzero_si256();
  for (int32_t part = 0; part < parts; part++) {  // the shuffle gives 0 for indices from 0x80 on
    const __m256i entries = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 16 * part)));
    result = _mm256_or_si256(result, _mm256_shuffle_epi8(entries, _mm256_adds_epu8(rest, limit)));
    rest = _mm256_sub_epi8(rest, sixteen);
  }
  return result;
}

// (x * round(scale / divisor) + 2048) >> 12. The quotient never ends in exactly one half.
INLINE __m256i scaled(__m256i x, __m256i divisor, float scale) {
  const __m256 quotient = _mm256_div_ps(_mm256_set1_ps(scale), _mm256_cvtepi32_ps(divisor));
  const __m256 rounded = _mm256_round_ps(quotient, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256i product = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(x), rounded));
  return _mm256_srai_epi32(_mm256_add_epi32(product, _mm256_set1_epi32(2048)), 12);
}

// The same for 16-bit numbers.
INLINE __m256i scaled_words(__m256i x, __m256i divisor, float scale) {
  const __m256i zero = _mm256_setzero_si256(), sign = _mm256_srai_epi16(x, 15);
  return _mm256_packs_epi32(scaled(_mm256_unpacklo_epi16(x, sign), _mm256_unpacklo_epi16(divisor, zero), scale),
                            scaled(_mm256_unpackhi_epi16(x, sign), _mm256_unpackhi_epi16(divisor, zero), scale));
}

// H of E = a - c + times * D.
INLINE __m256i to_hue(__m256i a_and_c, __m256i times, __m256i range, __m256i divisor) {
  __m256i angle = _mm256_maddubs_epi16(a_and_c, set(0xff01));
  angle = _mm256_add_epi16(angle, _mm256_mullo_epi16(times, range));
  const __m256i hue = scaled_words(angle, divisor, 30 * 4096);
  return _mm256_min_epu16(hue, _mm256_add_epi16(hue, set(180)));  // negative hues are the larger unsigned numbers
}

typedef struct {
  __m256i first, second, third;  // red, green, blue; or hue, saturation, value
} Planes;

INLINE Planes to_hsv(Planes c) {
  const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi8(1);
  const __m256i red = c.first, green = c.second, blue = c.third;
  const __m256i high = _mm256_max_epu8(red, _mm256_max_epu8(green, blue));
  const __m256i range = _mm256_sub_epi8(high, _mm256_min_epu8(red, _mm256_min_epu8(green, blue)));
  const __m256i is_red = _mm256_cmpeq_epi8(red, high), is_green = _mm256_cmpeq_epi8(green, high);
  const __m256i a = _mm256_blendv_epi8(_mm256_blendv_epi8(red, blue, is_green), green, is_red);
  const __m256i b = _mm256_blendv_epi8(_mm256_blendv_epi8(green, red, is_green), blue, is_red);
  __m256i times = _mm256_blendv_epi8(_mm256_set1_epi8(4), _mm256_set1_epi8(2), is_green);
  times = _mm256_andnot_si256(is_red, times);

  const Words d = words(range, zero), d1 = words(_mm256_max_epu8(range, one), zero);
  const Words v1 = words(_mm256_max_epu8(high, one), zero), t = words(times, zero), ab = words(a, b);
  const __m256i s =
      _mm256_packus_epi16(scaled_words(d.lower, v1.lower, 255 * 4096), scaled_words(d.upper, v1.upper, 255 * 4096));
  const __m256i h =
      _mm256_packus_epi16(to_hue(ab.lower, t.lower, d.lower, d1.lower), to_hue(ab.upper, t.upper, d.upper, d1.upper));
  return (Planes){h, s, high};
}

typedef struct {
  __m256i least, middle;
} Parts;

// part(30) and part(k). V S k / 7650 is approximated from below, by at most 1 too small, then corrected by the
// remainder.
INLINE Parts parts(__m256i value, __m256i saturation, __m256i k) {
  const __m256i product = _mm256_mullo_epi16(value, saturation);
  const __m256i drop = _mm256_mulhi_epu16(_mm256_add_epi16(product, set(128)), set(257));  // round(V S / 255)
  __m256i share = _mm256_mulhi_epu16(product, set(32904));                                 // 128 V S / 255, about
  share = _mm256_mulhi_epu16(share, _mm256_mullo_epi16(k, set(2184)));                     // times k / 30
  const __m256i quotient = _mm256_srli_epi16(_mm256_add_epi16(share, set(63)), 7);
  const __m256i remainder = _mm256_sub_epi16(_mm256_mullo_epi16(product, k), _mm256_mullo_epi16(quotient, set(7650)));
  const __m256i is_short = _mm256_cmpgt_epi16(remainder, set(7650 - 3825));  // -1 there
  return (Parts){_mm256_sub_epi16(value, drop), _mm256_add_epi16(_mm256_sub_epi16(value, quotient), is_short)};
}

// Converts back. `value` was already mapped by its table; `code` is from fill_codes.
INLINE Planes to_rgb(__m256i code, __m256i saturation, __m256i value) {
  const __m256i zero = _mm256_setzero_si256();
  const Words v = words(value, zero), s = words(saturation, zero);
  const Words k = words(_mm256_and_si256(code, _mm256_set1_epi8(31)), zero);
  const Parts first = parts(v.lower, s.lower, k.lower), second = parts(v.upper, s.upper, k.upper);
  const __m256i least = _mm256_packus_epi16(first.least, second.least);
  const __m256i middle = _mm256_packus_epi16(first.middle, second.middle);
  // The sector's bits, each as the top bit of a byte, which blendv reads.
  const __m256i bit7 = code, bit6 = _mm256_slli_epi16(code, 1), bit5 = _mm256_slli_epi16(code, 2);
  const __m256i mixed = _mm256_xor_si256(bit7, bit5);
  return (Planes){
      _mm256_blendv_epi8(_mm256_blendv_epi8(value, middle, mixed), least, bit6),
      _mm256_blendv_epi8(_mm256_blendv_epi8(middle, value, _mm256_xor_si256(bit6, bit5)), least, bit7),
      _mm256_blendv_epi8(least, _mm256_blendv_epi8(middle, value, mixed), _mm256_or_si256(bit7, bit6)),
  };
}

void feeder_adjust_hsv_avx2(uint8_t *red, uint8_t *green, uint8_t *blue, int32_t count, const uint8_t *hue,
                            const uint8_t *saturation, const uint8_t *value) {
  uint8_t codes[192];
  fill_codes(codes, hue);
  int32_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const Planes hsv = to_hsv((Planes){read(red + i), read(green + i), read(blue + i)});
    const __m256i code = look_up_bytes(hsv.first, codes, 12), s = look_up_bytes(hsv.second, saturation, 16);
    const Planes rgb = to_rgb(code, s, look_up_bytes(hsv.third, value, 16));
    _mm256_storeu_si256((__m256i *)(red + i), rgb.first);
    _mm256_storeu_si256((__m256i *)(green + i), rgb.second);
    _mm256_storeu_si256((__m256i *)(blue + i), rgb.third);
  }
  feeder_adjust_hsv_plain(red + i, green + i, blue + i, count - i, hue, saturation, value);
}

#pragma clang attribute pop
#endif
