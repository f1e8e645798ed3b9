#include "kernels.h"

#include <string.h>

// Sums two adjacent bytes as the halves of a 16-bit number, in either byte order.
void feeder_mean_2x2_plain(const uint8_t *restrict upper, const uint8_t *restrict lower, int32_t count,
                           uint8_t *restrict out) {
  for (int32_t i = 0; i < count; i++) {
    uint16_t a, b;
    memcpy(&a, upper + 2 * i, 2);
    memcpy(&b, lower + 2 * i, 2);
    out[i] = (uint8_t)(((a & 255) + (a >> 8) + (b & 255) + (b >> 8) + 2) >> 2);
  }
}

void feeder_split_rgb_plain(const uint8_t *restrict pixels, int32_t count, uint8_t *restrict red,
                            uint8_t *restrict green, uint8_t *restrict blue) {
  for (int32_t i = 0; i < count; i++) {
    red[i] = pixels[3 * i];
    green[i] = pixels[3 * i + 1];
    blue[i] = pixels[3 * i + 2];
  }
}

void feeder_map_bytes_plain(uint8_t *bytes, int32_t count, const uint8_t *table) {
  for (int32_t i = 0; i < count; i++) {
    bytes[i] = table[bytes[i]];
  }
}

void feeder_reverse(uint8_t *row, int32_t count) {
  for (int32_t left = 0; left < count / 2; left++) {
    uint8_t kept = row[left];
    row[left] = row[count - 1 - left];
    row[count - 1 - left] = kept;
  }
}

int32_t feeder_is_grey(const uint8_t *pixels, int32_t count) {
  int difference = 0;
  for (int32_t i = 0; i < count; i++) {
    difference |= (pixels[3 * i] ^ pixels[3 * i + 1]) | (pixels[3 * i] ^ pixels[3 * i + 2]);
  }
  return difference == 0;
}
