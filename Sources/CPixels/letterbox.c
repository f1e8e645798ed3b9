#include "CPixels.h"

#include <string.h>

// A constant `next` lets the compiler fold the address arithmetic.
static inline void sum_across(const uint8_t *restrict row, int32_t next, const int32_t *restrict offset,
                              const int16_t *restrict weight, int32_t count, int16_t *restrict sums) {
  for (int32_t i = 0; i < count; i++) {
    const uint8_t *pixel = row + offset[i];
    sums[i] = (int16_t)((pixel[0] * weight[2 * i] + pixel[next] * weight[2 * i + 1]) >> 4);
  }
}

void feeder_sum_across(const uint8_t *row, int32_t next, const int32_t *offset, const int16_t *weight, int32_t count,
                       int16_t *sums) {
  if (next == 1) {
    sum_across(row, 1, offset, weight, count, sums);
  } else {
    sum_across(row, next, offset, weight, count, sums);
  }
}

void feeder_blend_sums(const int16_t *upper, const int16_t *lower, int16_t w0, int16_t w1, int32_t count,
                       uint8_t *restrict out) {
  for (int32_t i = 0; i < count; i++) {
    // 16-bit high products: the compiler uses the multiply-high instruction.
    int16_t above = (int16_t)((upper[i] * w0) >> 16);
    int16_t below = (int16_t)((lower[i] * w1) >> 16);
    out[i] = (uint8_t)((above + below + 2) >> 2);
  }
}

// Neighbours side by side are summed as the two halves of a 16-bit number, whichever of them comes first in memory.
static void mean_2x2_packed(const uint8_t *restrict upper, const uint8_t *restrict lower, int32_t count,
                            uint8_t *restrict out) {
  for (int32_t i = 0; i < count; i++) {
    uint16_t a, b;
    memcpy(&a, upper + 2 * i, 2);
    memcpy(&b, lower + 2 * i, 2);
    out[i] = (uint8_t)(((a & 255) + (a >> 8) + (b & 255) + (b >> 8) + 2) >> 2);
  }
}

void feeder_mean_2x2(const uint8_t *upper, const uint8_t *lower, int32_t step, int32_t count, uint8_t *out) {
  if (step == 1) {
    mean_2x2_packed(upper, lower, count, out);
    return;
  }
  for (int32_t i = 0; i < count; i++) {
    const uint8_t *a = upper + 2 * step * i;
    const uint8_t *b = lower + 2 * step * i;
    out[i] = (uint8_t)((a[0] + a[step] + b[0] + b[step] + 2) >> 2);
  }
}
