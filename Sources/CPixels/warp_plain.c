#include "kernels.h"

// A position in 1/2048 of a pixel, clamped to the first and the last of `count` pixels.
static inline int32_t position(float numerator, float reciprocal, int32_t count) {
#pragma STDC FP_CONTRACT OFF
  const float last = (float)(count - 1);
  float at = numerator * reciprocal;
  at = at > 0 ? at : 0;  // also if it is NaN
  at = at < last ? at : last;
  const float fine = at * 2048;
  return (int32_t)(fine + 0.5f);
}

void feeder_warp_row_plain(const feeder_picture *picture, const feeder_line *line, int32_t count, uint8_t *out,
                           int64_t out_stride) {
#pragma STDC FP_CONTRACT OFF
  for (int32_t i = 0; i < count; i++) {
    const float step = (float)i, ws = step * line->dw, us = step * line->du, vs = step * line->dv;
    const float reciprocal = 1 / (line->w + ws);
    const int32_t x = position(line->u + us, reciprocal, picture->width), column = x >> 11, across = x & 2047;
    const int32_t y = position(line->v + vs, reciprocal, picture->height), row = y >> 11, down = y & 2047;
    const int64_t right = column + 1 < picture->width ? picture->pixel_stride : 0;
    const int64_t below = row + 1 < picture->height ? picture->row_stride : 0;
    const uint8_t *pixel =
        picture->pixels + (int64_t)row * picture->row_stride + (int64_t)column * picture->pixel_stride;
    for (int32_t channel = 0; channel < picture->channels; channel++) {
      const int32_t t0 = (pixel[0] * (2048 - down) + pixel[below] * down) >> 4;
      const int32_t t1 = (pixel[right] * (2048 - down) + pixel[right + below] * down) >> 4;
      out[channel * out_stride + i] = (uint8_t)((t0 * (2048 - across) + t1 * across + 131072) >> 18);
      pixel += picture->channel_stride;
    }
  }
}
