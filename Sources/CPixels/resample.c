#include "CPixels.h"

void feeder_lerp_down(const uint8_t *upper, const uint8_t *lower, int16_t w0, int16_t w1, int32_t count,
                      int16_t *restrict line) {
  for (int32_t i = 0; i < count; i++) {
    line[i] = (int16_t)((upper[i] * w0 + lower[i] * w1) >> 4);
  }
}

static inline void gather_across(const int16_t *restrict line, int32_t next, const int32_t *restrict offset,
                                 const int16_t *restrict weight, int32_t count, uint8_t *restrict out) {
  for (int32_t i = 0; i < count; i++) {
    const int16_t *sum = line + offset[i];
    out[i] = (uint8_t)((sum[0] * weight[2 * i] + sum[next] * weight[2 * i + 1] + 131072) >> 18);
  }
}

void feeder_gather_across(const int16_t *line, int32_t next, const int32_t *offset, const int16_t *weight,
                          int32_t count, uint8_t *out) {
  if (next == 1) {
    gather_across(line, 1, offset, weight, count, out);
  } else {
    gather_across(line, next, offset, weight, count, out);
  }
}
