// Shared by the files of this room: the kernels' versions by level.
#ifndef FEEDER_KERNELS_H
#define FEEDER_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "CPixels.h"

#define FEEDER_DECLARE_LEVEL(level)                                                                                   \
  void feeder_fill_taps_##level(double scale, double offset, int32_t start, int32_t step, int32_t count,              \
                                int32_t source_count, int32_t *first, int32_t *second, int16_t *weight);              \
  void feeder_plan_columns_##level(feeder_columns *columns);                                                          \
  void feeder_resample_row_##level(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,         \
                                   int32_t weight, uint8_t *out);                                                     \
  void feeder_letterbox_row_##level(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,        \
                                    int32_t weight, uint8_t *out);                                                    \
  void feeder_mean_2x2_##level(const uint8_t *upper, const uint8_t *lower, int32_t count, uint8_t *out);              \
  void feeder_split_rgb_##level(const uint8_t *pixels, int32_t count, uint8_t *red, uint8_t *green, uint8_t *blue);   \
  void feeder_warp_row_##level(const feeder_picture *picture, const feeder_line *line, int32_t count, uint8_t *out,   \
                               int64_t out_stride);                                                                   \
  void feeder_map_bytes_##level(uint8_t *bytes, int32_t count, const uint8_t *table);                                 \
  void feeder_pick_bytes_##level(const uint8_t *bytes, int32_t count, int32_t samples, int32_t bgr, int32_t channels, \
                                 uint8_t *out);                                                                       \
  void feeder_add_left_##level(uint8_t *row, int64_t count, int32_t channels, int32_t sample_bytes);                  \
  void feeder_step_words_##level(const void *words, int32_t count, int32_t swap, const feeder_steps *steps,           \
                                 uint8_t *out);                                                                       \
  void feeder_adjust_hsv_##level(uint8_t *red, uint8_t *green, uint8_t *blue, int32_t count, const uint8_t *hue,      \
                                 const uint8_t *saturation, const uint8_t *value);                                    \
  void feeder_unfilter_##level(const uint8_t *packed, int64_t stride, int32_t rows, int32_t pixel_bytes,              \
                               const uint8_t *above, int32_t count, uint8_t *const *outs);

FEEDER_DECLARE_LEVEL(plain)
FEEDER_DECLARE_LEVEL(avx2)
FEEDER_DECLARE_LEVEL(avx512)
FEEDER_DECLARE_LEVEL(neon)

#if defined(__x86_64__)
#define FEEDER_X86 1
#else
#define FEEDER_X86 0
#endif
#if defined(__aarch64__) && defined(__ARM_NEON)
#define FEEDER_ARM 1
#else
#define FEEDER_ARM 0
#endif

// Files for a level may use these instructions everywhere. They run only if feeder_kernels_at found the instructions.
#define FEEDER_AVX2_TARGET "avx2"
#define FEEDER_AVX512_TARGET "avx512f,avx512bw,avx512vl,avx512vbmi"

#endif
