// Kernels over rows of 8-bit pixels, each in plain C and in SIMD. Every version of a kernel gives the same bytes, by
// the integer formulas of this file. No kernel allocates, keeps state or checks bounds; the caller (FeederImaging)
// does.
//
// Weights are in 1/2048 (11 bits). "Sums" are 15-bit numbers: 128 times a pixel value. `>>` rounds down. Pointers never
// overlap unless a comment says so.
#ifndef FEEDER_CPIXELS_H
#define FEEDER_CPIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "CStrips.h"

/// The columns of a resize. Output i has the neighbours row[first[i]] and row[second[i]], which may be the same, and
/// the weight of the second, 0 to 2048. `first` only rises or only falls. `row` is any row of source_count bytes.
typedef struct {
  const int32_t *_Nonnull first;
  const int32_t *_Nonnull second;
  const int16_t *_Nonnull weight;
  int32_t count;
  int32_t source_count;
  /// feeder_plan_bytes(count) bytes at a multiple of 64. plan_columns fills them for its own level.
  void *_Nonnull plan;
  /// Set by plan_columns; 0 if the plain kernel must process these columns.
  int32_t block_count;
} feeder_columns;

/// The most bytes of any level's plan for `count` columns.
static inline int64_t feeder_plan_bytes(int64_t count) { return 64 * count + 2048; }

/// The source of a map that is not axis-aligned: at least 1 x 1 pixels, and less than 2^31 bytes from the first to the
/// last byte of a channel.
typedef struct {
  const uint8_t *_Nonnull pixels;
  int32_t width;
  int32_t height;
  /// Bytes to the right neighbour: 1, or 3 if the channels are interleaved.
  int32_t pixel_stride;
  /// Bytes to the pixel below.
  int32_t row_stride;
  /// Bytes to the next channel's value of the same pixel.
  int64_t channel_stride;
  int32_t channels;
} feeder_picture;

/// The positions of an output row in a picture: pixel i is at ((u + i du) / (w + i dw), (v + i dv) / (w + i dw)). 0 is
/// the centre of the first pixel.
typedef struct {
  float u, v, w;
  float du, dv, dw;
} feeder_line;

/// How words become bytes in equal steps.
typedef struct {
  /// The level whose byte is 0, and levels from there to 255.
  uint16_t black, span;
  /// 1 if the bytes rise as the levels fall.
  int32_t falls;
  /// The byte is the whole part of levels * scale + offset, below 256.
  float scale, offset;
} feeder_steps;

/// The kernels of one level.
typedef struct {
  /// Neighbours and weights along an axis. position = (start + i * step + 0.5) * scale + offset - 0.5 in doubles,
  /// clamped to -1...source_count; first = floor(position) and second = first + 1, each clamped to the source; weight =
  /// round((position - floor(position)) * 2048), half to even.
  void (*_Nonnull fill_taps)(double scale, double offset, int32_t start, int32_t step, int32_t count,
                             int32_t source_count, int32_t *_Nonnull first, int32_t *_Nonnull second,
                             int16_t *_Nonnull weight);

  /// Fills columns->plan and columns->block_count. Call it before the columns are used in the row kernels of this
  /// level.
  void (*_Nonnull plan_columns)(feeder_columns *_Nonnull columns);

  /// The resize of training, first down, then across: T(c) = (upper[c] * (2048 - weight) + lower[c] * weight) >> 4,
  /// then out[i] = (T(first) * (2048 - w) + T(second) * w + 131072) >> 18 with column i's weight w.
  void (*_Nonnull resample_row)(const feeder_columns *_Nonnull columns, const uint8_t *_Nonnull upper,
                                const uint8_t *_Nonnull lower, int32_t weight, uint8_t *_Nonnull out);

  /// The resize of validation, first across, then down: S(row) = (row[first] * (2048 - w) + row[second] * w) >> 4, then
  /// out[i] = (((S(upper) * (2048 - weight)) >> 16) + ((S(lower) * weight) >> 16) + 2) >> 2.
  void (*_Nonnull letterbox_row)(const feeder_columns *_Nonnull columns, const uint8_t *_Nonnull upper,
                                 const uint8_t *_Nonnull lower, int32_t weight, uint8_t *_Nonnull out);

  /// Half size: out[i] = (upper[2 i] + upper[2 i + 1] + lower[2 i] + lower[2 i + 1] + 2) >> 2.
  void (*_Nonnull mean_2x2)(const uint8_t *_Nonnull upper, const uint8_t *_Nonnull lower, int32_t count,
                            uint8_t *_Nonnull out);

  /// Splits a row of count interleaved pixels into one row per channel.
  void (*_Nonnull split_rgb)(const uint8_t *_Nonnull pixels, int32_t count, uint8_t *_Nonnull red,
                             uint8_t *_Nonnull green, uint8_t *_Nonnull blue);

  /// The pixels of a line. In 32-bit floats, each operation rounded: r = 1 / (w + i dw), x = (u + i du) * r, y
  /// likewise, clamped to the centres of the picture's first and last pixels; in 1/2048, X = (int)(x * 2048 + 0.5).
  /// Then the blend of resample_row with the pixels at X >> 11 and to the right of it, with weight X & 2047, and the
  /// same for rows. The output channels are out_stride bytes apart.
  void (*_Nonnull warp_row)(const feeder_picture *_Nonnull picture, const feeder_line *_Nonnull line, int32_t count,
                            uint8_t *_Nonnull out, int64_t out_stride);

  /// bytes[i] = table[bytes[i]], with a table of 256 entries.
  void (*_Nonnull map_bytes)(uint8_t *_Nonnull bytes, int32_t count, const uint8_t *_Nonnull table);

  /// The channels (1 or 3) of count pixels of so many samples, blue first if bgr is 1: grey (1 or 2 samples), colour (3 or 4 samples and 3
  /// channels), or the colour's luma (1 channel).
  void (*_Nonnull pick_bytes)(const uint8_t *_Nonnull bytes, int32_t count, int32_t samples, int32_t bgr,
                              int32_t channels, uint8_t *_Nonnull out);

  /// Undoes TIFF's predictor 2 in a row of count bytes, in place: each sample of 1 or 2 bytes (native order) is the sum of itself and the sample
  /// `channels` before it; the first pixel stays.
  void (*_Nonnull add_left)(uint8_t *_Nonnull row, int64_t count, int32_t channels, int32_t sample_bytes);

  /// out[i] from the word w = words[i], which needs no alignment and whose bytes are swapped first if swap is 1: the levels from black on, w - black or
  /// black - w, limited to 0...span; then steps, each operation rounded to a 32-bit float.
  void (*_Nonnull step_words)(const void *_Nonnull words, int32_t count, int32_t swap,
                              const feeder_steps *_Nonnull steps, uint8_t *_Nonnull out);

  /// Converts RGB planes to HSV (H in 0..179, S and V in 0..255), maps each channel by its table (180, 256 and 256
  /// entries; entries of the first are below 180), and converts back, in place. hsv_plain.c has the formulas.
  void (*_Nonnull adjust_hsv)(uint8_t *_Nonnull red, uint8_t *_Nonnull green, uint8_t *_Nonnull blue, int32_t count,
                              const uint8_t *_Nonnull hue, const uint8_t *_Nonnull saturation,
                              const uint8_t *_Nonnull value);

  /// Takes the filters off rows of a PNG (ISO/IEC 15948, 9.2). Row r is packed[r * stride], its filter, and count bytes, whole pixels; then
  /// outs[r][i] = byte i + the prediction from the byte pixel_bytes before it, the one above it and the one above that, which are 0 left
  /// of the row. Filters: 0 none, 1 left, 2 above, 3 mean of both rounded down, 4 Paeth's; pixel_bytes: 1, 2, 3, 4, 6 or 8. above is the
  /// row above the first one, or zeros.
  void (*_Nonnull unfilter)(const uint8_t *_Nonnull packed, int64_t stride, int32_t rows, int32_t pixel_bytes,
                            const uint8_t *_Nonnull above, int32_t count, uint8_t *_Nonnull const *_Nonnull outs);
} feeder_kernels;

enum {
  FEEDER_LEVEL_PLAIN = 0,   // plain C, any processor
  FEEDER_LEVEL_AVX2 = 1,    // AVX2
  FEEDER_LEVEL_AVX512 = 2,  // AVX-512 F, BW, VL and VBMI
  FEEDER_LEVEL_NEON = 3,    // every arm64 processor
};

/// The kernels of a level; null if this processor or this build lacks it. Never null for FEEDER_LEVEL_PLAIN.
const feeder_kernels *_Nullable feeder_kernels_at(int32_t level);

// Kernels in plain C only.

/// Prefetches the cache lines of count bytes from start on, which the caller reads soon. Reads nothing.
static inline void feeder_prefetch(const uint8_t *_Nonnull start, int32_t count) {
  for (int32_t i = 0; i < count; i += 64) __builtin_prefetch(start + i);
}

/// Reverses count bytes in place.
void feeder_reverse(uint8_t *_Nonnull row, int32_t count);

/// 1 if all of count interleaved RGB pixels have three equal channels, else 0.
int32_t feeder_is_grey(const uint8_t *_Nonnull pixels, int32_t count);

// ---- checksum.c ----

/// XXH3 (64 bits, seed 0; Collet, xxHash 0.8) of count bytes, by the fastest build for this processor. bytes may be
/// null if count is 0.
uint64_t feeder_xxh3(const void *_Nullable bytes, size_t count);

/// The same by the plain build, as the reference.
uint64_t feeder_xxh3_plain(const void *_Nullable bytes, size_t count);

// ---- stream.c: whole images into a slot. "Past the caches" means stores that bypass the caches, if the target is
// aligned to 16 bytes and the processor has them. For targets that are not read soon: their cache lines are not fetched
// first, and the worker's own lines stay. ----

/// Copies count bytes past the caches. from and to must not overlap.
void feeder_stream_copy(const uint8_t *_Nonnull from, size_t count, uint8_t *_Nonnull to);

/// rgb[3i] = rgb[3i + 1] = rgb[3i + 2] = grey[i] for i < count. grey may be the last third of rgb (rgb + 2 count).
void feeder_spread_grey(const uint8_t *_Nonnull grey, size_t count, uint8_t *_Nonnull rgb);
void feeder_spread_grey_plain(const uint8_t *_Nonnull grey, size_t count, uint8_t *_Nonnull rgb);

/// The same, past the caches. grey and rgb must not overlap.
void feeder_stream_grey(const uint8_t *_Nonnull grey, size_t count, uint8_t *_Nonnull rgb);

// ---- rows.c: rows of image files as they are stored, to rows of pixels. Samples of 16 bits ("words") need no alignment; swap is 1 if
// their bytes are not in this machine's order. ----

/// JPEG's luma of a colour: the nearest to 0.299 red + 0.587 green + 0.114 blue, in 1/65536.
static inline uint8_t feeder_luma(uint8_t red, uint8_t green, uint8_t blue) {
  return (uint8_t)((19595 * (uint32_t)red + 38470 * (uint32_t)green + 7471 * (uint32_t)blue + 32768) >> 16);
}

/// count samples of 1, 2 or 4 bits, the first one in the top bits, to a byte each.
void feeder_unpack_bits(const uint8_t *_Nonnull packed, int32_t count, int32_t bits, uint8_t *_Nonnull out);

/// out[i] = table[words[i]]; the table has 65,536 entries.
void feeder_map_words(const void *_Nonnull words, int32_t count, int32_t swap, const uint8_t *_Nonnull table,
                      uint8_t *_Nonnull out);

/// The channels (1 or 3) of count pixels of so many samples, blue first if bgr is 1; white - word, at least 0, if white is not negative.
void feeder_pick_words(const void *_Nonnull words, int32_t count, int32_t samples, int32_t bgr, int32_t swap,
                       int32_t white, int32_t channels, uint16_t *_Nonnull out);

/// Copies rows of so many bytes, and asks for the next target row in time, which the processor expects only in rising order.
void feeder_copy_rows(const void *_Nonnull from, int64_t from_stride, void *_Nonnull to, int64_t to_stride,
                      size_t bytes, size_t rows);

/// The lower three bytes of colours[indices[i]], the lowest first; 256 colours.
void feeder_look_up_rgb(const uint8_t *_Nonnull indices, int32_t count, const uint32_t *_Nonnull colours,
                        uint8_t *_Nonnull out);

/// The largest of count bytes, 0 if there are none.
int32_t feeder_largest(const uint8_t *_Nonnull bytes, int32_t count);

/// sums[i] += times row[i], or = if first is 1. Eight rows in all fit.
void feeder_add_row(const uint8_t *_Nonnull row, int32_t count, int32_t times, int32_t first, uint16_t *_Nonnull sums);

/// One in `by` (2, 4, 8) pixels: the rounded mean of by x by samples of a channel, whose columns stand in sums; missing columns repeat the
/// last one. (width + by - 1) / by pixels of 1 or 3 channels.
void feeder_fold_row(const uint16_t *_Nonnull sums, int32_t width, int32_t channels, int32_t by, uint8_t *_Nonnull out);

/// Writes count pixels of so many bytes (up to 8), each `step` pixels behind the one before.
void feeder_scatter_pixels(const uint8_t *_Nonnull pixels, int32_t count, int32_t pixel_bytes, int32_t step,
                           uint8_t *_Nonnull out);

/// Reverses count pixels of up to 8 bytes in place.
void feeder_mirror_pixels(void *_Nonnull row, int32_t count, int32_t pixel_bytes);

/// Writes column x of a band of rows as row x of out, or as row width - 1 - x; its pixels from the top down, or from the bottom up.
/// Pixels of 1, 2, 3 or 6 bytes.
void feeder_turn_band(const void *_Nonnull band, int32_t width, int32_t rows, int32_t pixel_bytes, int32_t mirror_rows,
                      int32_t mirror_columns, void *_Nonnull out, int64_t stride);

/// Bytes of a block's row, and rows of a block: a block of one channel is a page of 4096 bytes.
#define CPIXELS_BLOCK_SIDE 64

/// Copies width x height bytes, the first at (x, y) of the picture that begins with `blocks`; both are below CPIXELS_BLOCK_SIDE. A
/// block lies `block_stride` bytes behind its left and `row_stride` bytes behind its upper neighbour.
void feeder_gather_blocks(const uint8_t *_Nonnull blocks, int64_t block_stride, int64_t row_stride, int32_t x,
                          int32_t y, int32_t width, int32_t height, uint8_t *_Nonnull out);

/// Cuts up to CPIXELS_BLOCK_SIDE rows of interleaved pixels into blocks: from left to right, and for each place a block per channel.
/// What lies beyond the right and lower edge is 0.
void feeder_split_blocks(const uint8_t *_Nonnull pixels, int32_t width, int32_t height, int32_t channels,
                         uint8_t *_Nonnull blocks);

#endif
