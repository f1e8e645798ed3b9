#include "CPixels.h"

#include <string.h>

void feeder_take_channel(const uint8_t *restrict row, int32_t step, int32_t count, uint8_t *restrict out) {
  if (step == 1) {
    memcpy(out, row, (size_t)count);
    return;
  }
  for (int32_t i = 0; i < count; i++) {
    out[i] = row[step * i];
  }
}

void feeder_reverse(uint8_t *row, int32_t count) {
  for (int32_t left = 0; left < count / 2; left++) {
    uint8_t kept = row[left];
    row[left] = row[count - 1 - left];
    row[count - 1 - left] = kept;
  }
}
