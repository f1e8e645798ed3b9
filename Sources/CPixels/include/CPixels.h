// Row kernels over 8-bit pixels. Each states its recipe in integers: every other version of a kernel must equal it bit
// for bit. Nothing here allocates, keeps state or checks bounds; the caller (FeederImaging) does.
//
// Weights are in 1/2048 (11 bits), pairs sum to 2048. "Sums" are 15-bit numbers: 128 times a pixel value, at most 32640.
// `>>` rounds down. Pointers never overlap unless said.
#ifndef FEEDER_CPIXELS_H
#define FEEDER_CPIXELS_H

#include <stddef.h>
#include <stdint.h>

// ---- letterbox.c: the resize of validation, across first and then down ----

/// Across: sums[i] = (row[offset[i]] * weight[2i] + row[offset[i] + next] * weight[2i + 1]) >> 4, for i < count.
/// next: bytes to the right neighbour (1 or 3; 0 where the image is one pixel wide).
void feeder_sum_across(const uint8_t *row, int32_t next, const int32_t *offset, const int16_t *weight, int32_t count,
                       int16_t *sums);

/// Down: out[i] = (((upper[i] * w0) >> 16) + ((lower[i] * w1) >> 16) + 2) >> 2. upper and lower may be the same row.
void feeder_blend_sums(const int16_t *upper, const int16_t *lower, int16_t w0, int16_t w1, int32_t count,
                       uint8_t *out);

/// Half size: out[i] = (the 2 x 2 pixels from upper[2 i step] on + 2) >> 2; step: bytes from pixel to pixel, 1 or 3.
void feeder_mean_2x2(const uint8_t *upper, const uint8_t *lower, int32_t step, int32_t count, uint8_t *out);

// ---- resample.c: the resize of training, down first and then across ----

/// Down: line[i] = (upper[i] * w0 + lower[i] * w1) >> 4. upper and lower may be the same row.
void feeder_lerp_down(const uint8_t *upper, const uint8_t *lower, int16_t w0, int16_t w1, int32_t count,
                      int16_t *line);

/// Across: out[i] = (line[offset[i]] * weight[2i] + line[offset[i] + next] * weight[2i + 1] + 131072) >> 18.
void feeder_gather_across(const int16_t *line, int32_t next, const int32_t *offset, const int16_t *weight,
                          int32_t count, uint8_t *out);

// ---- order.c: pixels moved, not changed ----

/// out[i] = row[step i]: one channel out of an interleaved row; step is 1 or 3.
void feeder_take_channel(const uint8_t *row, int32_t step, int32_t count, uint8_t *out);

/// Reverses count bytes in place.
void feeder_reverse(uint8_t *row, int32_t count);

// ---- colour.c ----

/// bytes[i] = table[bytes[i]]; the table has 256 entries.
void feeder_map_bytes(uint8_t *bytes, int32_t count, const uint8_t *table);

/// RGB planes to HSV (H in 0..179, S and V in 0..255), each channel through its table (180, 256 and 256 entries, the
/// first with values below 180), and back, in place. The recipe is in colour.c.
void feeder_adjust_hsv(uint8_t *red, uint8_t *green, uint8_t *blue, int32_t count, const uint8_t *hue,
                       const uint8_t *saturation, const uint8_t *value);

/// 1 where every one of count interleaved RGB pixels has three equal channels, else 0.
int32_t feeder_is_grey(const uint8_t *pixels, int32_t count);

// ---- checksum.c ----

/// XXH3 with 64 bits and seed 0 (Collet, xxHash 0.8) of count bytes, by the fastest build that this processor runs.
uint64_t feeder_xxh3(const void *bytes, size_t count);

/// The same by the plain build: the reference.
uint64_t feeder_xxh3_plain(const void *bytes, size_t count);

#endif
