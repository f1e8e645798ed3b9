#include "kernels.h"

// RGB to HSV as 8-bit HSV is usually defined (hue in 2 degree steps), with V = max(R, G, B), D = V - min(R, G, B):
//   S = (D * round(255 * 4096 / V) + 2048) >> 12; 0 if V is 0
//   E = G - B if R is V; else B - R + 2 D if G is V; else R - G + 4 D
//   H = (E * round(30 * 4096 / D) + 2048) >> 12, plus 180 if negative; 0 if D is 0
// HSV to RGB, with sector = H / 30, f = H % 30 and part(k) = (V * (7650 - S * k) + 3825) / 7650, rounded down:
//   low = part(30); middle = part(30 - f) in even sectors, part(f) in odd ones
//   (R, G, B) by sector: 0 V,middle,low  1 middle,V,low  2 low,V,middle  3 low,middle,V  4 middle,low,V  5 V,low,middle
// Three equal channels have S = 0, so all parts are V, and only the value table has an effect.

typedef struct {
  int32_t saturation[256];  // round(255 * 4096 / V)
  int32_t hue[256];         // round(30 * 4096 / D)
} Reciprocals;

static void fill_reciprocals(Reciprocals *table) {
  table->saturation[0] = 0;
  table->hue[0] = 0;
  for (int32_t i = 1; i < 256; i++) {
    table->saturation[i] = (2 * 255 * 4096 + i) / (2 * i);
    table->hue[i] = (2 * 30 * 4096 + i) / (2 * i);
  }
}

// Pixels in one pass of three short loops over arrays that stay in the L1 cache. Only the middle loop, with the table
// look-ups, is scalar.
enum { BLOCK = 128 };

typedef struct {
  int32_t high[BLOCK];   // V, then V mapped by its table
  int32_t range[BLOCK];  // D, then S mapped by its table
  int32_t angle[BLOCK];  // E, then H mapped by its table
} Block;

static void to_ranges(const uint8_t *restrict red, const uint8_t *restrict green, const uint8_t *restrict blue,
                      int32_t count, Block *restrict block) {
  for (int32_t i = 0; i < count; i++) {
    int32_t r = red[i], g = green[i], b = blue[i];
    int32_t high = r > g ? r : g;
    int32_t low = r < g ? r : g;
    high = high > b ? high : b;
    low = low < b ? low : b;
    int32_t d = high - low;
    int32_t e = g == high ? b - r + 2 * d : r - g + 4 * d;
    block->high[i] = high;
    block->range[i] = d;
    block->angle[i] = r == high ? g - b : e;
  }
}

static void look_up(const Reciprocals *restrict reciprocals, const uint8_t *restrict hue,
                    const uint8_t *restrict saturation, const uint8_t *restrict value, int32_t count,
                    Block *restrict block) {
  for (int32_t i = 0; i < count; i++) {
    int32_t d = block->range[i], high = block->high[i];
    int32_t h = (block->angle[i] * reciprocals->hue[d] + 2048) >> 12;
    block->angle[i] = hue[h + (h < 0 ? 180 : 0)];
    block->range[i] = saturation[(d * reciprocals->saturation[high] + 2048) >> 12];
    block->high[i] = value[high];
  }
}

static inline int32_t part(int32_t value, int32_t saturation, int32_t k) {
  return (int32_t)((uint32_t)(value * (7650 - saturation * k) + 3825) / 7650u);
}

static void from_hsv(const Block *restrict block, int32_t count, uint8_t *restrict red, uint8_t *restrict green,
                     uint8_t *restrict blue) {
  for (int32_t i = 0; i < count; i++) {
    int32_t v = block->high[i], s = block->range[i], h = block->angle[i];
    int32_t sector = (h * 2185) >> 16;  // h / 30 for 0..179
    int32_t f = h - 30 * sector;
    int32_t least = part(v, s, 30);
    int32_t middle = part(v, s, (sector & 1) != 0 ? f : 30 - f);
    // Masks instead of branches, because hues are too random for branch prediction.
    int32_t is0 = -(sector == 0), is1 = -(sector == 1), is2 = -(sector == 2);
    int32_t is3 = -(sector == 3), is4 = -(sector == 4), is5 = -(sector == 5);
    red[i] = (uint8_t)((v & (is0 | is5)) | (middle & (is1 | is4)) | (least & (is2 | is3)));
    green[i] = (uint8_t)((v & (is1 | is2)) | (middle & (is0 | is3)) | (least & (is4 | is5)));
    blue[i] = (uint8_t)((v & (is3 | is4)) | (middle & (is2 | is5)) | (least & (is0 | is1)));
  }
}

void feeder_adjust_hsv_plain(uint8_t *red, uint8_t *green, uint8_t *blue, int32_t count, const uint8_t *hue,
                             const uint8_t *saturation, const uint8_t *value) {
  Reciprocals reciprocals;
  fill_reciprocals(&reciprocals);
  Block block;
  for (int32_t start = 0; start < count; start += BLOCK) {
    int32_t length = count - start < BLOCK ? count - start : BLOCK;
    to_ranges(red + start, green + start, blue + start, length, &block);
    look_up(&reciprocals, hue, saturation, value, length, &block);
    from_hsv(&block, length, red + start, green + start, blue + start);
  }
}
