#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX2_TARGET))), apply_to = function)

#include <immintrin.h>
#include <string.h>

// 8 pixels at a time, with one gather of 4 bytes per row and channel: a pixel and its right neighbour. The last column
// and row are read as the neighbours of the ones before them, with the full weight.

// Rows ahead to prefetch: the source of outputs a few rows below, if the picture is turned only a little.
enum { ROWS_AHEAD = 8 };

#define INLINE static inline __attribute__((always_inline))

typedef struct {
  __m256i index;    // the pixel, or the last but one
  __m256i weights;  // 2048 - weight and weight of the next, 16 bits each
} Neighbours;

INLINE Neighbours neighbours(__m256 numerator, __m256 reciprocal, int32_t count) {
  __m256 at = _mm256_max_ps(_mm256_mul_ps(numerator, reciprocal), _mm256_setzero_ps());
  at = _mm256_min_ps(at, _mm256_set1_ps((float)(count - 1)));
  const __m256 fine = _mm256_add_ps(_mm256_mul_ps(at, _mm256_set1_ps(2048)), _mm256_set1_ps(0.5f));
  const __m256i fixed = _mm256_cvttps_epi32(fine);
  const __m256i index = _mm256_min_epi32(_mm256_srai_epi32(fixed, 11), _mm256_set1_epi32(count - 2));
  const __m256i weight = _mm256_sub_epi32(fixed, _mm256_slli_epi32(index, 11));
  const __m256i rest = _mm256_sub_epi32(_mm256_set1_epi32(2048), weight);
  return (Neighbours){index, _mm256_or_si256(_mm256_slli_epi32(weight, 16), rest)};
}

// The byte at `pixels + index` and its right neighbour, which `order` selects, as the lowest two bytes. Reads nothing
// beyond the 4 bytes at `last`.
INLINE __m256i pairs(const uint8_t *pixels, __m256i index, __m256i last, __m256i order) {
  const __m256i inside = _mm256_min_epi32(index, last);
  const __m256i four = _mm256_i32gather_epi32((const int *)pixels, inside, 1);
  const __m256i shift = _mm256_slli_epi32(_mm256_sub_epi32(index, inside), 3);
  return _mm256_shuffle_epi8(_mm256_srlv_epi32(four, shift), order);
}

INLINE __m128i blend(__m256i upper, __m256i lower, __m256i down, __m256i across) {
  const __m256i bytes = _mm256_set1_epi32(0x00ff00ff);
  const __m256i both = _mm256_or_si256(upper, _mm256_slli_epi32(lower, 16));
  const __m256i left = _mm256_madd_epi16(_mm256_and_si256(both, bytes), down);
  const __m256i right = _mm256_madd_epi16(_mm256_and_si256(_mm256_srli_epi32(both, 8), bytes), down);
  const __m256i sums = _mm256_or_si256(_mm256_srli_epi32(left, 4), _mm256_slli_epi32(_mm256_srli_epi32(right, 4), 16));
  const __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(sums, across), _mm256_set1_epi32(131072));
  const __m256i words = _mm256_packs_epi32(_mm256_srli_epi32(sum, 18), _mm256_setzero_si256());
  const __m256i bytes4 = _mm256_packus_epi16(words, words);  // 4 in each half
  return _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes4), _mm256_extracti128_si256(bytes4, 1));
}

void feeder_warp_row_avx2(const feeder_picture *picture, const feeder_line *line, int32_t count, uint8_t *out,
                          int64_t out_stride) {
#pragma STDC FP_CONTRACT OFF
  const int32_t reach = (picture->height - 1) * picture->row_stride + (picture->width - 1) * picture->pixel_stride + 1;
  if (picture->width < 2 || picture->height < 2 || reach < 4) {
    feeder_warp_row_plain(picture, line, count, out, out_stride);
    return;
  }
  const __m256i order = _mm256_broadcastsi128_si256(
      picture->pixel_stride == 1 ? _mm_set_epi32((int)0x80800d0c, (int)0x80800908, (int)0x80800504, (int)0x80800100)
                                 : _mm_set_epi32((int)0x80800f0c, (int)0x80800b08, (int)0x80800704, (int)0x80800300));
  const __m256i last = _mm256_set1_epi32(reach - 4), below = _mm256_set1_epi32(picture->row_stride);
  const __m256 lane = _mm256_set_ps(7, 6, 5, 4, 3, 2, 1, 0);
  const int64_t ahead = ROWS_AHEAD * (int64_t)picture->row_stride;
  const bool is_affine = line->w == 1 && line->dw == 0;  // the reciprocal is 1 for all pixels
  for (int32_t i = 0; i < count; i += 8) {
    const __m256 step = _mm256_add_ps(_mm256_set1_ps((float)i), lane);
    __m256 reciprocal = _mm256_set1_ps(1);
    if (!is_affine) {
      const __m256 ws = _mm256_mul_ps(step, _mm256_set1_ps(line->dw));
      reciprocal = _mm256_div_ps(reciprocal, _mm256_add_ps(_mm256_set1_ps(line->w), ws));
    }
    const __m256 us = _mm256_mul_ps(step, _mm256_set1_ps(line->du)), vs = _mm256_mul_ps(step, _mm256_set1_ps(line->dv));
    const Neighbours x = neighbours(_mm256_add_ps(_mm256_set1_ps(line->u), us), reciprocal, picture->width);
    const Neighbours y = neighbours(_mm256_add_ps(_mm256_set1_ps(line->v), vs), reciprocal, picture->height);
    __m256i column = x.index;
    if (picture->pixel_stride == 3) column = _mm256_add_epi32(column, _mm256_slli_epi32(column, 1));
    const __m256i upper = _mm256_add_epi32(_mm256_mullo_epi32(y.index, below), column);
    const __m256i lower = _mm256_add_epi32(upper, below);
    const int32_t present = count - i < 8 ? count - i : 8;
    const int32_t first = _mm_cvtsi128_si32(_mm256_castsi256_si128(upper));
    for (int32_t channel = 0; channel < picture->channels; channel++) {
      const uint8_t *pixels = picture->pixels + channel * picture->channel_stride;
      __builtin_prefetch(pixels + first + ahead);
      const __m128i bytes =
          blend(pairs(pixels, upper, last, order), pairs(pixels, lower, last, order), y.weights, x.weights);
      uint8_t *place = out + channel * out_stride + i;
      if (present == 8) {
        _mm_storel_epi64((__m128i *)place, bytes);
      } else {
        uint8_t part[16];
        _mm_storeu_si128((__m128i *)part, bytes);
        memcpy(place, part, (size_t)present);
      }
    }
  }
}

#pragma clang attribute pop
#endif
