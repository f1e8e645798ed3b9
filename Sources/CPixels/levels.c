#include "kernels.h"

#define FEEDER_LEVEL_TABLE(level)                    \
  {                                                  \
      .fill_taps = feeder_fill_taps_##level,         \
      .plan_columns = feeder_plan_columns_##level,   \
      .resample_row = feeder_resample_row_##level,   \
      .letterbox_row = feeder_letterbox_row_##level, \
      .mean_2x2 = feeder_mean_2x2_##level,           \
      .split_rgb = feeder_split_rgb_##level,         \
      .warp_row = feeder_warp_row_##level,           \
      .map_bytes = feeder_map_bytes_##level,         \
      .pick_bytes = feeder_pick_bytes_##level,       \
      .adjust_hsv = feeder_adjust_hsv_##level,       \
      .unfilter = feeder_unfilter_##level,           \
      .add_left = feeder_add_left_##level,           \
      .step_words = feeder_step_words_##level,       \
  }

static const feeder_kernels plain = FEEDER_LEVEL_TABLE(plain);

#if FEEDER_X86
// A pixel's bytes fill no wider register than 16 bytes.
#define feeder_pick_bytes_avx512 feeder_pick_bytes_avx2
#define feeder_add_left_avx512 feeder_add_left_avx2
#define feeder_unfilter_avx512 feeder_unfilter_avx2
#define feeder_step_words_avx512 feeder_step_words_avx2
static const feeder_kernels avx2 = FEEDER_LEVEL_TABLE(avx2);
static const feeder_kernels avx512 = FEEDER_LEVEL_TABLE(avx512);
#endif

#if FEEDER_ARM
// On arm64 the compiler turns the simple loops of plain C into NEON itself.
#define feeder_fill_taps_neon feeder_fill_taps_plain
#define feeder_pick_bytes_neon feeder_pick_bytes_plain
#define feeder_add_left_neon feeder_add_left_plain
#define feeder_warp_row_neon feeder_warp_row_plain
#define feeder_adjust_hsv_neon feeder_adjust_hsv_plain
#define feeder_unfilter_neon feeder_unfilter_plain
#define feeder_step_words_neon feeder_step_words_plain
static const feeder_kernels neon = FEEDER_LEVEL_TABLE(neon);
#endif

const feeder_kernels *feeder_kernels_at(int32_t level) {
  switch (level) {
    case FEEDER_LEVEL_PLAIN: return &plain;
#if FEEDER_X86
    // These checks also ask if the operating system saves the wide registers.
    case FEEDER_LEVEL_AVX2: __builtin_cpu_init(); return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
    case FEEDER_LEVEL_AVX512:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi")
                 ? &avx512
                 : NULL;
#endif
#if FEEDER_ARM
    case FEEDER_LEVEL_NEON: return &neon;
#endif
    default: return NULL;
  }
}
