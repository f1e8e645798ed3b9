#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX2_TARGET))), apply_to = function)

#include <immintrin.h>

// Processes whole registers. The plain kernel does the rest of a row.

static inline __m256i read(const uint8_t *bytes) { return _mm256_loadu_si256((const __m256i *)bytes); }

static inline __m256i pair_sums(const uint8_t *upper, const uint8_t *lower) {
  const __m256i ones = _mm256_set1_epi8(1);
  return _mm256_add_epi16(_mm256_maddubs_epi16(read(upper), ones), _mm256_maddubs_epi16(read(lower), ones));
}

void feeder_mean_2x2_avx2(const uint8_t *upper, const uint8_t *lower, int32_t count, uint8_t *out) {
  const __m256i two = _mm256_set1_epi16(2);
  int32_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i a = _mm256_add_epi16(pair_sums(upper + 2 * i, lower + 2 * i), two);
    __m256i b = _mm256_add_epi16(pair_sums(upper + 2 * i + 32, lower + 2 * i + 32), two);
    __m256i bytes = _mm256_packus_epi16(_mm256_srli_epi16(a, 2), _mm256_srli_epi16(b, 2));
    _mm256_storeu_si256((__m256i *)(out + i), _mm256_permute4x64_epi64(bytes, 0xd8));
  }
  feeder_mean_2x2_plain(upper + 2 * i, lower + 2 * i, count - i, out + i);
}

// 16 pixels are three registers. Byte i of a channel is at 3 i + channel. The result is the position inside one part of
// 16 bytes, with the top bit set for positions in other parts; the shuffle then gives 0.
static inline __attribute__((always_inline)) __m128i places(int32_t channel, int32_t part) {
  const __m128i thrice = _mm_setr_epi8(0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45);
  const __m128i place = _mm_add_epi8(thrice, _mm_set1_epi8((int8_t)(channel - 16 * part)));
  return _mm_adds_epu8(place, _mm_set1_epi8(0x70));
}

void feeder_split_rgb_avx2(const uint8_t *pixels, int32_t count, uint8_t *red, uint8_t *green, uint8_t *blue) {
  uint8_t *const outs[3] = {red, green, blue};
  int32_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m128i *start = (const __m128i *)(pixels + 3 * (int64_t)i);
    const __m128i a = _mm_loadu_si128(start), b = _mm_loadu_si128(start + 1), c = _mm_loadu_si128(start + 2);
    for (int32_t channel = 0; channel < 3; channel++) {
      const __m128i ab = _mm_or_si128(_mm_shuffle_epi8(a, places(channel, 0)), _mm_shuffle_epi8(b, places(channel, 1)));
      const __m128i all = _mm_or_si128(ab, _mm_shuffle_epi8(c, places(channel, 2)));
      _mm_storeu_si128((__m128i *)(outs[channel] + i), all);
    }
  }
  feeder_split_rgb_plain(pixels + 3 * (int64_t)i, count - i, red + i, green + i, blue + i);
}

void feeder_map_bytes_avx2(uint8_t *bytes, int32_t count, const uint8_t *table) {
  const __m256i sixteen = _mm256_set1_epi8(16), limit = _mm256_set1_epi8(0x70);
  int32_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i rest = read(bytes + i), result = _mm256_setzero_si256();
    for (int32_t part = 0; part < 16; part++) {  // 16 entries at a time; the shuffle gives 0 for indices from 0x80 on
      const __m256i entries = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 16 * part)));
      result = _mm256_or_si256(result, _mm256_shuffle_epi8(entries, _mm256_adds_epu8(rest, limit)));
      rest = _mm256_sub_epi8(rest, sixteen);
    }
    _mm256_storeu_si256((__m256i *)(bytes + i), result);
  }
  feeder_map_bytes_plain(bytes + i, count - i, table);
}

// A register holds 5 pixels of 3 bytes, one more byte than is used, or 4 of 4; each store's spare bytes are overwritten by the next, so the last
// pixels go to the plain kernel.
static inline __attribute__((always_inline)) void pick_rgb(const uint8_t *bytes, int32_t count, int32_t samples,
                                                           __m128i places, uint8_t *out) {
  const int32_t each = samples == 3 ? 5 : 4;
  int32_t i = 0;
  for (; i + 2 * each + 2 <= count; i += 2 * each) {
    const uint8_t *from = bytes + (int64_t)i * samples;
    uint8_t *to = out + (int64_t)i * 3;
    const __m128i left = _mm_loadu_si128((const __m128i *)from);
    const __m128i right = _mm_loadu_si128((const __m128i *)(from + each * samples));
    _mm_storeu_si128((__m128i *)to, _mm_shuffle_epi8(left, places));
    _mm_storeu_si128((__m128i *)(to + each * 3), _mm_shuffle_epi8(right, places));
  }
  const int32_t bgr = _mm_extract_epi8(places, 0) == 2;
  feeder_pick_bytes_plain(bytes + (int64_t)i * samples, count - i, samples, bgr, 3, out + (int64_t)i * 3);
}

void feeder_pick_bytes_avx2(const uint8_t *bytes, int32_t count, int32_t samples, int32_t bgr, int32_t channels,
                            uint8_t *out) {
  if (channels == 3 && samples == 3 && bgr) {
    return pick_rgb(bytes, count, 3, _mm_setr_epi8(2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, -1), out);
  }
  if (channels == 3 && samples == 4 && bgr) {
    return pick_rgb(bytes, count, 4, _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1), out);
  }
  if (channels == 3 && samples == 4) {
    return pick_rgb(bytes, count, 4, _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1), out);
  }
  feeder_pick_bytes_plain(bytes, count, samples, bgr, channels, out);
}

#pragma clang attribute pop
#endif
