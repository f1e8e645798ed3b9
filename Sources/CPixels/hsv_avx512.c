#include "kernels.h"

#if FEEDER_X86
#pragma clang attribute push(__attribute__((target(FEEDER_AVX512_TARGET))), apply_to = function)

#include <immintrin.h>
#include <string.h>

#include "hsv_codes.h"

// The formulas of hsv_plain.c in 16-bit lanes, 64 pixels at a time.
//
// Reciprocals of up to 20 bits are stored in 16 bits: the reciprocals of small divisors are divided by 16 or 4, and the
// dividend is multiplied by the same. The 256 entries of a table fill four registers, permuted by the lower 6 bits of
// the index and merged by its upper two.

#define INLINE static inline __attribute__((always_inline))

enum { SMALL_VALUE = 16, SMALL_RANGE = 4 };

typedef struct {
  uint8_t low[256], high[256];
} Reciprocals;

typedef struct {
  Reciprocals saturation;          // V to round(255 * 4096 / V), divided by 16 if V is small
  Reciprocals hue;                 // D to round(30 * 4096 / D), divided by 4 if D is small
  uint8_t value[256], moved[256];  // the callers' tables: V to V, S to S
  uint8_t codes[192];              // H to the new hue's sector and middle, from fill_codes
} Tables;

static void fill_reciprocals(Reciprocals *table, float scale, int32_t small, int32_t divisor) {
  table->low[0] = table->high[0] = 0;
  for (int32_t i = 1; i < 256; i++) {
    int32_t reciprocal = (int32_t)__builtin_rintf(scale / (float)i);  // exact: never one half, and 24 bits suffice
    if (i < small) reciprocal = (reciprocal + divisor / 2) / divisor;
    table->low[i] = (uint8_t)reciprocal;
    table->high[i] = (uint8_t)(reciprocal >> 8);
  }
}

static void fill_tables(Tables *tables, const uint8_t *hue, const uint8_t *saturation, const uint8_t *value) {
  fill_reciprocals(&tables->saturation, 255 * 4096, SMALL_VALUE, 16);
  fill_reciprocals(&tables->hue, 30 * 4096, SMALL_RANGE, 4);
  memcpy(tables->value, value, 256);
  memcpy(tables->moved, saturation, 256);
  fill_codes(tables->codes, hue);
}

typedef struct {
  __m512i index;
  __mmask64 bit6, bit7;
} Index;

INLINE Index index_of(__m512i bytes) {
  return (Index){bytes, _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(64)), _mm512_movepi8_mask(bytes)};
}

INLINE __m512i look_up(Index x, const uint8_t *table) {
  __m512i y = _mm512_permutexvar_epi8(x.index, _mm512_load_si512(table));
  y = _mm512_mask_permutexvar_epi8(y, x.bit6, x.index, _mm512_load_si512(table + 64));
  y = _mm512_mask_permutexvar_epi8(y, x.bit7, x.index, _mm512_load_si512(table + 128));
  return _mm512_mask_permutexvar_epi8(y, x.bit6 & x.bit7, x.index, _mm512_load_si512(table + 192));
}

// 64 bytes as 16-bit halves in the order of unpack, which pack reverses.
typedef struct {
  __m512i lower, upper;
} Words;

INLINE Words words(__m512i low, __m512i high) {
  return (Words){_mm512_unpacklo_epi8(low, high), _mm512_unpackhi_epi8(low, high)};
}

INLINE __m512i set(int32_t value) { return _mm512_set1_epi16((int16_t)value); }

// S, from D in the upper bytes.
INLINE __m512i to_saturation(__m512i range, __m512i reciprocal) {
  return _mm512_mulhrs_epi16(_mm512_mulhi_epu16(range, reciprocal), set(2048));  // (product + 8) >> 4
}

// H, from E = a - c + 2 twice + 2 fourfold, both D or 0.
INLINE __m512i to_hue(__m512i a_and_c, __m512i twice_and_fourfold, __m512i range, __m512i reciprocal) {
  __m512i angle = _mm512_add_epi16(_mm512_maddubs_epi16(a_and_c, set((int16_t)0xf808)),
                                   _mm512_maddubs_epi16(twice_and_fourfold, set(0x1010)));  // 8 E
  angle = _mm512_mask_slli_epi16(angle, _mm512_cmplt_epu16_mask(range, set(SMALL_RANGE)), angle, 2);
  const __m512i hue = _mm512_mulhrs_epi16(angle, reciprocal);     // (8 E reciprocal + 2^14) >> 15
  return _mm512_min_epu16(hue, _mm512_add_epi16(hue, set(180)));  // negative hues are the larger unsigned numbers
}

typedef struct {
  __m512i least, middle;
} Parts;

// part(30) and part(k). V S k / 7650 is approximated from below, by at most 1 too small, then corrected by the
// remainder.
INLINE Parts parts(__m512i value, __m512i saturation, __m512i k) {
  const __m512i product = _mm512_mullo_epi16(value, saturation);
  const __m512i drop = _mm512_mulhi_epu16(_mm512_add_epi16(product, set(128)), set(257));  // round(V S / 255)
  const __m512i scaled = _mm512_mulhi_epu16(product, _mm512_mullo_epi16(k, set(2184)));    // V S k / 30, about
  const __m512i quotient = _mm512_mulhi_epu16(_mm512_add_epi16(scaled, set(127)), set(257));
  const __m512i remainder = _mm512_sub_epi16(_mm512_mullo_epi16(product, k), _mm512_mullo_epi16(quotient, set(7650)));
  const __mmask32 is_short = _mm512_cmpgt_epi16_mask(remainder, set(7650 - 3825));
  __m512i middle = _mm512_sub_epi16(value, quotient);
  middle = _mm512_mask_sub_epi16(middle, is_short, middle, set(1));
  return (Parts){_mm512_sub_epi16(value, drop), middle};
}

typedef struct {
  __m512i first, second, third;  // red, green, blue; or hue, saturation, value
} Planes;

INLINE Planes to_hsv(Planes c, const Tables *tables) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i high = _mm512_max_epu8(c.first, _mm512_max_epu8(c.second, c.third));
  const __m512i low = _mm512_min_epu8(c.first, _mm512_min_epu8(c.second, c.third));
  const __m512i range = _mm512_sub_epi8(high, low);
  const __mmask64 is_red = _mm512_cmpeq_epi8_mask(c.first, high);
  const __mmask64 is_green = _mm512_cmpeq_epi8_mask(c.second, high);
  __m512i a = _mm512_mask_mov_epi8(_mm512_mask_mov_epi8(c.first, is_green, c.third), is_red, c.second);
  __m512i b = _mm512_mask_mov_epi8(_mm512_mask_mov_epi8(c.second, is_green, c.first), is_red, c.third);
  const __m512i fourfold = _mm512_maskz_mov_epi8(~(is_red | is_green), range);
  const __m512i twice = _mm512_maskz_mov_epi8(~is_red, range);
  const __mmask64 is_dark = _mm512_cmplt_epu8_mask(high, _mm512_set1_epi8(SMALL_VALUE));
  const __m512i nibbles = _mm512_and_si512(_mm512_slli_epi16(range, 4), _mm512_set1_epi8((int8_t)0xf0));
  const __m512i dividend = _mm512_mask_mov_epi8(range, is_dark, nibbles);

  const Index at_high = index_of(high), at_range = index_of(range);
  const Words s_factor = words(look_up(at_high, tables->saturation.low), look_up(at_high, tables->saturation.high));
  const Words h_factor = words(look_up(at_range, tables->hue.low), look_up(at_range, tables->hue.high));
  const Words range_up = words(zero, dividend), range_down = words(range, zero);
  const Words differences = words(a, b), multiples = words(twice, fourfold);
  const __m512i s =
      _mm512_packus_epi16(to_saturation(range_up.lower, s_factor.lower), to_saturation(range_up.upper, s_factor.upper));
  const __m512i h = _mm512_packus_epi16(to_hue(differences.lower, multiples.lower, range_down.lower, h_factor.lower),
                                        to_hue(differences.upper, multiples.upper, range_down.upper, h_factor.upper));
  return (Planes){h, s, high};
}

INLINE Planes to_rgb(Planes hsv, const Tables *tables) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i h = hsv.first, s = hsv.second, v = look_up(index_of(hsv.third), tables->value);
  const Index at_hue = index_of(h);
  __m512i code = _mm512_permutexvar_epi8(h, _mm512_load_si512(tables->codes));
  code = _mm512_mask_permutexvar_epi8(code, at_hue.bit6, h, _mm512_load_si512(tables->codes + 64));
  code = _mm512_mask_permutexvar_epi8(code, at_hue.bit7, h, _mm512_load_si512(tables->codes + 128));
  const Words v2 = words(v, zero), s2 = words(look_up(index_of(s), tables->moved), zero);
  const Words k = words(_mm512_and_si512(code, _mm512_set1_epi8(31)), zero);
  const Parts first = parts(v2.lower, s2.lower, k.lower), second = parts(v2.upper, s2.upper, k.upper);
  const __m512i least = _mm512_packus_epi16(first.least, second.least);
  const __m512i middle = _mm512_packus_epi16(first.middle, second.middle);

  const __mmask64 k5 = _mm512_test_epi8_mask(code, _mm512_set1_epi8(32));
  const __mmask64 k6 = _mm512_test_epi8_mask(code, _mm512_set1_epi8(64));
  const __mmask64 k7 = _mm512_movepi8_mask(code);
  return (Planes){
      _mm512_mask_mov_epi8(_mm512_mask_mov_epi8(middle, ~(k7 ^ k5), v), k6, least),
      _mm512_mask_mov_epi8(_mm512_mask_mov_epi8(middle, k6 ^ k5, v), k7, least),
      _mm512_mask_mov_epi8(_mm512_mask_mov_epi8(middle, k7 ^ k5, v), ~(k7 | k6), least),
  };
}

typedef struct {
  uint8_t *first, *second, *third;
  int32_t count;
} Rows;

INLINE __mmask64 present(const Rows *rows, int32_t i) {
  return rows->count - i >= 64 ? ~0ull : (1ull << (rows->count - i)) - 1;
}

INLINE Planes load(const Rows *rows, int32_t i) {
  const __mmask64 mask = present(rows, i);
  return (Planes){_mm512_maskz_loadu_epi8(mask, rows->first + i), _mm512_maskz_loadu_epi8(mask, rows->second + i),
                  _mm512_maskz_loadu_epi8(mask, rows->third + i)};
}

INLINE void store(const Rows *rows, int32_t i, Planes planes) {
  const __mmask64 mask = present(rows, i);
  _mm512_mask_storeu_epi8(rows->first + i, mask, planes.first);
  _mm512_mask_storeu_epi8(rows->second + i, mask, planes.second);
  _mm512_mask_storeu_epi8(rows->third + i, mask, planes.third);
}

// Two short loops with HSV stored in place between them, because one long dependency chain per pixel would stall the
// processor.
enum { CHUNK = 2048 };

void feeder_adjust_hsv_avx512(uint8_t *red, uint8_t *green, uint8_t *blue, int32_t count, const uint8_t *hue,
                              const uint8_t *saturation, const uint8_t *value) {
  _Alignas(64) Tables tables;
  fill_tables(&tables, hue, saturation, value);
  for (int32_t start = 0; start < count; start += CHUNK) {
    const Rows rows = {red + start, green + start, blue + start, count - start < CHUNK ? count - start : CHUNK};
    for (int32_t i = 0; i < rows.count; i += 64) store(&rows, i, to_hsv(load(&rows, i), &tables));
    for (int32_t i = 0; i < rows.count; i += 64) store(&rows, i, to_rgb(load(&rows, i), &tables));
  }
}

#pragma clang attribute pop
#endif
