// Pixels in blocks of 64 x 64 bytes: a block is one page of a file, so that a part of a large picture takes few pages.
#include "CPixels.h"

#include <string.h>

enum { SIDE = CPIXELS_BLOCK_SIDE };

static inline __attribute__((always_inline)) int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

void feeder_gather_blocks(const uint8_t *blocks, int64_t block_stride, int64_t row_stride, int32_t x, int32_t y,
                          int32_t width, int32_t height, uint8_t *restrict out) {
  for (int32_t done = 0; done < height; blocks += row_stride) {
    const int32_t top = (y + done) % SIDE, rows = smaller(SIDE - top, height - done);
    const uint8_t *block = blocks;
    for (int32_t left = 0; left < width; block += block_stride) {
      const int32_t start = (x + left) % SIDE, count = smaller(SIDE - start, width - left);
      const uint8_t *from = block + top * SIDE + start;
      uint8_t *to = out + (int64_t)done * width + left;
      if (count == SIDE) {  // a copy of constant size is a few moves
        for (int32_t row = 0; row < rows; row++) memcpy(to + (int64_t)row * width, from + row * SIDE, SIDE);
      } else {
        for (int32_t row = 0; row < rows; row++) memcpy(to + (int64_t)row * width, from + row * SIDE, (size_t)count);
      }
      left += count;
    }
    done += rows;
  }
}

void feeder_split_blocks(const uint8_t *pixels, int32_t width, int32_t height, int32_t channels,
                         uint8_t *restrict blocks) {
  for (int32_t left = 0; left < width; left += SIDE) {
    const int32_t count = smaller(SIDE, width - left);
    for (int32_t channel = 0; channel < channels; channel++, blocks += SIDE * SIDE) {
      if (count < SIDE || height < SIDE) memset(blocks, 0, SIDE * SIDE);
      for (int32_t row = 0; row < height; row++) {
        const uint8_t *from = pixels + ((int64_t)row * width + left) * channels + channel;
        uint8_t *to = blocks + row * SIDE;
        if (channels == 1) {
          memcpy(to, from, (size_t)count);
        } else {
          for (int32_t i = 0; i < count; i++) to[i] = from[(int64_t)i * channels];
        }
      }
    }
  }
}
