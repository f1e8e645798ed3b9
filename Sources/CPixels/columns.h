// Shared by the plans of all levels: the outputs that one window of source bytes serves, and weights as bytes.
#include "kernels.h"

static inline int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

typedef struct {
  int32_t length;  // outputs, at least 1
  int32_t source;  // first byte of the window, which is inside the row unless the row is shorter than a window
} Reach;

// The number of outputs from `start` on, at most `most`, that have all their neighbours in one window.
static inline Reach reach(const feeder_columns *columns, int32_t start, int32_t most, int32_t window) {
  const int32_t *first = columns->first, *second = columns->second;
  for (int32_t length = smaller(most, columns->count - start);; length--) {
    const int32_t low = smaller(first[start], first[start + length - 1]);
    const int32_t high = larger(second[start], second[start + length - 1]);
    if (high - low < window) return (Reach){length, larger(smaller(low, columns->source_count - window), 0)};
  }
}

// A weight as 16 * high + low, both as signed bytes. 2048 is 16 * 127 + 16.
static inline int32_t high_part(int32_t weight) { return smaller(weight >> 4, 127); }
static inline int32_t low_part(int32_t weight) { return weight - 16 * high_part(weight); }

// The weights of two adjacent bytes, as a 16-bit number.
static inline int16_t side_by_side(int32_t first, int32_t second) {
  return (int16_t)((uint16_t)(first & 255) | (uint16_t)((second & 255) << 8));
}
