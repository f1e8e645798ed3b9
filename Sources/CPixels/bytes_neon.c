#include "kernels.h"

#if FEEDER_ARM
#include <arm_neon.h>

// Processes whole registers. The plain kernel does the rest of a row.

void feeder_mean_2x2_neon(const uint8_t *upper, const uint8_t *lower, int32_t count, uint8_t *out) {
  int32_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint16x8_t sum = vaddq_u16(vpaddlq_u8(vld1q_u8(upper + 2 * i)), vpaddlq_u8(vld1q_u8(lower + 2 * i)));
    vst1_u8(out + i, vrshrn_n_u16(sum, 2));
  }
  feeder_mean_2x2_plain(upper + 2 * i, lower + 2 * i, count - i, out + i);
}

void feeder_split_rgb_neon(const uint8_t *pixels, int32_t count, uint8_t *red, uint8_t *green, uint8_t *blue) {
  int32_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const uint8x16x3_t channels = vld3q_u8(pixels + 3 * (int64_t)i);
    vst1q_u8(red + i, channels.val[0]);
    vst1q_u8(green + i, channels.val[1]);
    vst1q_u8(blue + i, channels.val[2]);
  }
  feeder_split_rgb_plain(pixels + 3 * (int64_t)i, count - i, red + i, green + i, blue + i);
}

void feeder_map_bytes_neon(uint8_t *bytes, int32_t count, const uint8_t *table) {
  const uint8x16x4_t t0 = vld1q_u8_x4(table), t1 = vld1q_u8_x4(table + 64);
  const uint8x16x4_t t2 = vld1q_u8_x4(table + 128), t3 = vld1q_u8_x4(table + 192);
  const uint8x16_t step = vdupq_n_u8(64);
  int32_t i = 0;
  for (; i + 16 <= count; i += 16) {
    uint8x16_t index = vld1q_u8(bytes + i);
    uint8x16_t result = vqtbl4q_u8(t0, index);  // 0 if the index is too large
    index = vsubq_u8(index, step);
    result = vqtbx4q_u8(result, t1, index);  // unchanged if the index is too large
    index = vsubq_u8(index, step);
    result = vqtbx4q_u8(result, t2, index);
    index = vsubq_u8(index, step);
    vst1q_u8(bytes + i, vqtbx4q_u8(result, t3, index));
  }
  feeder_map_bytes_plain(bytes + i, count - i, table);
}
#endif
