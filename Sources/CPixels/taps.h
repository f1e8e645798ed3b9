// Neighbours and weights along an axis. Every level compiles this body for its instructions; double arithmetic without
// contraction gives the same numbers everywhere.
#include <math.h>

#include "kernels.h"

static inline __attribute__((always_inline)) void fill_taps(double scale, double offset, int32_t start, int32_t step,
                                                            int32_t count, int32_t source_count,
                                                            int32_t *restrict first, int32_t *restrict second,
                                                            int16_t *restrict weight) {
#pragma STDC FP_CONTRACT OFF
  const double end = source_count;
  const int32_t last = source_count - 1;
  for (int32_t i = 0; i < count; i++) {
    double position = ((double)(start + i * step) + 0.5) * scale + offset - 0.5;
    position = position > -1 ? position : -1;
    position = position < end ? position : end;
    double below = __builtin_floor(position);
    int32_t index = (int32_t)below;
    int32_t next = index + 1;
    weight[i] = (int16_t)(int32_t)__builtin_rint((position - below) * 2048);
    first[i] = index < 0 ? 0 : index > last ? last : index;
    second[i] = next < 0 ? 0 : next > last ? last : next;
  }
}
