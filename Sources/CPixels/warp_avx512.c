#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX512_TARGET))), apply_to = function)

#include <immintrin.h>

// 16 pixels at a time, with one gather of 4 bytes per row and channel: a pixel and its right neighbour. The last column
// and row are read as the neighbours of the ones before them, with the full weight.

// Rows ahead to prefetch: the source of outputs a few rows below, if the picture is turned only a little.
enum { ROWS_AHEAD = 8 };

#define INLINE static inline __attribute__((always_inline))

typedef struct {
  __m512i index;    // the pixel, or the last but one
  __m512i weights;  // 2048 - weight and weight of the next, 16 bits each
} Neighbours;

INLINE Neighbours neighbours(__m512 numerator, __m512 reciprocal, int32_t count) {
  __m512 at = _mm512_max_ps(_mm512_mul_ps(numerator, reciprocal), _mm512_setzero_ps());
  at = _mm512_min_ps(at, _mm512_set1_ps((float)(count - 1)));
  const __m512 fine = _mm512_add_ps(_mm512_mul_ps(at, _mm512_set1_ps(2048)), _mm512_set1_ps(0.5f));
  const __m512i fixed = _mm512_cvttps_epi32(fine);
  const __m512i index = _mm512_min_epi32(_mm512_srai_epi32(fixed, 11), _mm512_set1_epi32(count - 2));
  const __m512i weight = _mm512_sub_epi32(fixed, _mm512_slli_epi32(index, 11));
  const __m512i rest = _mm512_sub_epi32(_mm512_set1_epi32(2048), weight);
  return (Neighbours){index, _mm512_or_si512(_mm512_slli_epi32(weight, 16), rest)};
}

// The byte at `pixels + index` and its right neighbour, which `order` selects, as the lowest two bytes. Reads nothing
// beyond the 4 bytes at `last`.
INLINE __m512i pairs(const uint8_t *pixels, __m512i index, __m512i last, __m512i order) {
  const __m512i inside = _mm512_min_epi32(index, last);
  const __m512i four = _mm512_i32gather_epi32(inside, pixels, 1);
  const __m512i shift = _mm512_slli_epi32(_mm512_sub_epi32(index, inside), 3);
  return _mm512_shuffle_epi8(_mm512_srlv_epi32(four, shift), order);
}

INLINE __m128i blend(__m512i upper, __m512i lower, __m512i down, __m512i across) {
  const __m512i bytes = _mm512_set1_epi32(0x00ff00ff);
  const __m512i both = _mm512_or_si512(upper, _mm512_slli_epi32(lower, 16));
  const __m512i left = _mm512_madd_epi16(_mm512_and_si512(both, bytes), down);
  const __m512i right = _mm512_madd_epi16(_mm512_and_si512(_mm512_srli_epi32(both, 8), bytes), down);
  const __m512i sums = _mm512_or_si512(_mm512_srli_epi32(left, 4), _mm512_slli_epi32(_mm512_srli_epi32(right, 4), 16));
  const __m512i sum = _mm512_add_epi32(_mm512_madd_epi16(sums, across), _mm512_set1_epi32(131072));
  return _mm512_cvtepi32_epi8(_mm512_srli_epi32(sum, 18));
}

void feeder_warp_row_avx512(const feeder_picture *picture, const feeder_line *line, int32_t count, uint8_t *out,
                            int64_t out_stride) {
#pragma STDC FP_CONTRACT OFF
  const int32_t reach = (picture->height - 1) * picture->row_stride + (picture->width - 1) * picture->pixel_stride + 1;
  if (picture->width < 2 || picture->height < 2 || reach < 4) {
    feeder_warp_row_plain(picture, line, count, out, out_stride);
    return;
  }
  const __m512i order = _mm512_broadcast_i32x4(
      picture->pixel_stride == 1 ? _mm_set_epi32((int)0x80800d0c, (int)0x80800908, (int)0x80800504, (int)0x80800100)
                                 : _mm_set_epi32((int)0x80800f0c, (int)0x80800b08, (int)0x80800704, (int)0x80800300));
  const __m512i last = _mm512_set1_epi32(reach - 4), below = _mm512_set1_epi32(picture->row_stride);
  const __m512 lane = _mm512_set_ps(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const int64_t ahead = ROWS_AHEAD * (int64_t)picture->row_stride;
  const bool is_affine = line->w == 1 && line->dw == 0;  // the reciprocal is 1 for all pixels
  for (int32_t i = 0; i < count; i += 16) {
    const __m512 step = _mm512_add_ps(_mm512_set1_ps((float)i), lane);
    __m512 reciprocal = _mm512_set1_ps(1);
    if (!is_affine) {
      const __m512 ws = _mm512_mul_ps(step, _mm512_set1_ps(line->dw));
      reciprocal = _mm512_div_ps(reciprocal, _mm512_add_ps(_mm512_set1_ps(line->w), ws));
    }
    const __m512 us = _mm512_mul_ps(step, _mm512_set1_ps(line->du)), vs = _mm512_mul_ps(step, _mm512_set1_ps(line->dv));
    const Neighbours x = neighbours(_mm512_add_ps(_mm512_set1_ps(line->u), us), reciprocal, picture->width);
    const Neighbours y = neighbours(_mm512_add_ps(_mm512_set1_ps(line->v), vs), reciprocal, picture->height);
    __m512i column = x.index;
    if (picture->pixel_stride == 3) column = _mm512_add_epi32(column, _mm512_slli_epi32(column, 1));
    const __m512i upper = _mm512_add_epi32(_mm512_mullo_epi32(y.index, below), column);
    const __m512i lower = _mm512_add_epi32(upper, below);
    const __mmask16 present = (__mmask16)(count - i >= 16 ? 0xffff : (1 << (count - i)) - 1);
    const int32_t first = _mm_cvtsi128_si32(_mm512_castsi512_si128(upper));
    for (int32_t channel = 0; channel < picture->channels; channel++) {
      const uint8_t *pixels = picture->pixels + channel * picture->channel_stride;
      __builtin_prefetch(pixels + first + ahead);
      const __m128i bytes =
          blend(pairs(pixels, upper, last, order), pairs(pixels, lower, last, order), y.weights, x.weights);
      _mm_mask_storeu_epi8(out + channel * out_stride + i, present, bytes);
    }
  }
}

#pragma clang attribute pop
#endif
