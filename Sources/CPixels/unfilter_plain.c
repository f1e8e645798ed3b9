#include "kernels.h"

#include <string.h>

// Paeth's prediction: which of left, above and upper left is nearest to left + above - upper left; the first of them in a tie.
static inline uint8_t paeth(int32_t left, int32_t above, int32_t corner) {
  const int32_t up = above - corner, over = left - corner;
  const int32_t to_left = up < 0 ? -up : up, to_above = over < 0 ? -over : over;
  const int32_t to_corner = up + over < 0 ? -(up + over) : up + over;
  int32_t best = to_above <= to_corner ? above : corner;
  const int32_t least = to_above <= to_corner ? to_above : to_corner;
  if (to_left <= least) best = left;
  return (uint8_t)best;
}

static inline __attribute__((always_inline)) void unfilter(int32_t filter, int32_t each, const uint8_t *row,
                                                           const uint8_t *above, int32_t count, uint8_t *out) {
  const int32_t first = each < count ? each : count;
  switch (filter) {
    case 1:
      memcpy(out, row, (size_t)first);
      for (int32_t i = first; i < count; i++) out[i] = (uint8_t)(row[i] + out[i - each]);
      break;
    case 2:
      for (int32_t i = 0; i < count; i++) out[i] = (uint8_t)(row[i] + above[i]);
      break;
    case 3:
      for (int32_t i = 0; i < first; i++) out[i] = (uint8_t)(row[i] + (above[i] >> 1));
      for (int32_t i = first; i < count; i++) out[i] = (uint8_t)(row[i] + ((out[i - each] + above[i]) >> 1));
      break;
    case 4:
      for (int32_t i = 0; i < first; i++) out[i] = (uint8_t)(row[i] + above[i]);
      for (int32_t i = first; i < count; i++) {
        out[i] = (uint8_t)(row[i] + paeth(out[i - each], above[i], above[i - each]));
      }
      break;
    default: memcpy(out, row, (size_t)count);
  }
}

void feeder_unfilter_plain(const uint8_t *packed, int64_t stride, int32_t rows, int32_t pixel_bytes,
                           const uint8_t *above, int32_t count, uint8_t *const *outs) {
  for (int32_t r = 0; r < rows; r++) {
    const uint8_t *row = packed + r * stride + 1;
    switch (pixel_bytes) {  // the compiler then knows how far back it looks
      case 1: unfilter(row[-1], 1, row, above, count, outs[r]); break;
      case 2: unfilter(row[-1], 2, row, above, count, outs[r]); break;
      case 3: unfilter(row[-1], 3, row, above, count, outs[r]); break;
      case 4: unfilter(row[-1], 4, row, above, count, outs[r]); break;
      case 6: unfilter(row[-1], 6, row, above, count, outs[r]); break;
      default: unfilter(row[-1], 8, row, above, count, outs[r]);
    }
    above = outs[r];
  }
}
