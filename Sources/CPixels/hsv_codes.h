// The hue table in the form of the SIMD versions.
#include "kernels.h"

// sector << 5 | k of the middle part, for each of the 180 hues in `hue`, padded by 12 more.
static inline void fill_codes(uint8_t codes[192], const uint8_t *hue) {
  for (int32_t i = 0; i < 192; i++) {
    const int32_t angle = i < 180 ? hue[i] : 0, sector = angle / 30, rest = angle % 30;
    codes[i] = (uint8_t)(sector << 5 | (sector % 2 == 1 ? rest : 30 - rest));
  }
}
