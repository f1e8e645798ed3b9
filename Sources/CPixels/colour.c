#include "CPixels.h"

void feeder_map_bytes(uint8_t *bytes, int32_t count, const uint8_t *table) {
  for (int32_t i = 0; i < count; i++) {
    bytes[i] = table[bytes[i]];
  }
}

int32_t feeder_is_grey(const uint8_t *pixels, int32_t count) {
  int difference = 0;
  for (int32_t i = 0; i < count; i++) {
    difference |= (pixels[3 * i] ^ pixels[3 * i + 1]) | (pixels[3 * i] ^ pixels[3 * i + 2]);
  }
  return difference == 0;
}

// To HSV, as 8-bit HSV is usually defined (hue in 2 degree steps). With V = max(R, G, B) and D = V - min(R, G, B):
//   S = (D * round(255 * 4096 / V) + 2048) >> 12, 0 where V is 0
//   E = G - B where R is V; else B - R + 2 D where G is V; else R - G + 4 D
//   H = (E * round(30 * 4096 / D) + 2048) >> 12, plus 180 where negative; 0 where D is 0
// From HSV, with sector = H / 30, f = H % 30 and part(k) = (V * (7650 - S * k) + 3825) / 7650, rounded down:
//   low = part(30); middle = part(30 - f) in even sectors, part(f) in odd ones
//   (R, G, B) by sector: 0 V,middle,low  1 middle,V,low  2 low,V,middle  3 low,middle,V  4 middle,low,V  5 V,low,middle
// Three equal channels have S = 0, so all parts are V: the value table alone acts, exactly.

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

static inline int32_t part(int32_t value, int32_t saturation, int32_t k) {
  return (int32_t)((uint32_t)(value * (7650 - saturation * k) + 3825) / 7650u);
}

void feeder_adjust_hsv(uint8_t *restrict red, uint8_t *restrict green, uint8_t *restrict blue, int32_t count,
                       const uint8_t *restrict hue, const uint8_t *restrict saturation,
                       const uint8_t *restrict value) {
  Reciprocals reciprocals;
  fill_reciprocals(&reciprocals);
  for (int32_t i = 0; i < count; i++) {
    int32_t r = red[i], g = green[i], b = blue[i];
    int32_t high = r > g ? r : g;
    int32_t low = r < g ? r : g;
    high = high > b ? high : b;
    low = low < b ? low : b;
    int32_t d = high - low;
    int32_t e = r == high ? g - b : g == high ? b - r + 2 * d : r - g + 4 * d;
    int32_t h = (e * reciprocals.hue[d] + 2048) >> 12;
    h += h < 0 ? 180 : 0;
    int32_t s = saturation[(d * reciprocals.saturation[high] + 2048) >> 12];
    int32_t v = value[high];
    h = hue[h];
    int32_t sector = h / 30;
    int32_t f = h - 30 * sector;
    int32_t least = part(v, s, 30);
    int32_t middle = part(v, s, sector & 1 ? f : 30 - f);
    red[i] = (uint8_t)(sector == 0 || sector == 5 ? v : sector == 1 || sector == 4 ? middle : least);
    green[i] = (uint8_t)(sector == 1 || sector == 2 ? v : sector == 0 || sector == 3 ? middle : least);
    blue[i] = (uint8_t)(sector == 3 || sector == 4 ? v : sector == 2 || sector == 5 ? middle : least);
  }
}
