#include "taps.h"

void feeder_fill_taps_plain(double scale, double offset, int32_t start, int32_t step, int32_t count,
                            int32_t source_count, int32_t *first, int32_t *second, int16_t *weight) {
  fill_taps(scale, offset, start, step, count, source_count, first, second, weight);
}

void feeder_plan_columns_plain(feeder_columns *columns) { columns->block_count = 0; }

void feeder_resample_row_plain(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,
                               int32_t weight, uint8_t *restrict out) {
  const int32_t *restrict first = columns->first;
  const int32_t *restrict second = columns->second;
  const int16_t *restrict across = columns->weight;
  const int32_t rest = 2048 - weight;
  for (int32_t i = 0; i < columns->count; i++) {
    int32_t left = (upper[first[i]] * rest + lower[first[i]] * weight) >> 4;
    int32_t right = (upper[second[i]] * rest + lower[second[i]] * weight) >> 4;
    out[i] = (uint8_t)((left * (2048 - across[i]) + right * across[i] + 131072) >> 18);
  }
}

void feeder_letterbox_row_plain(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,
                                int32_t weight, uint8_t *restrict out) {
  const int32_t *restrict first = columns->first;
  const int32_t *restrict second = columns->second;
  const int16_t *restrict across = columns->weight;
  const int32_t rest = 2048 - weight;
  for (int32_t i = 0; i < columns->count; i++) {
    int32_t above = (upper[first[i]] * (2048 - across[i]) + upper[second[i]] * across[i]) >> 4;
    int32_t below = (lower[first[i]] * (2048 - across[i]) + lower[second[i]] * across[i]) >> 4;
    out[i] = (uint8_t)((((above * rest) >> 16) + ((below * weight) >> 16) + 2) >> 2);
  }
}
