// How TIFF and BMP hold their pixels: LZW and PackBits, in pieces; differences to the left neighbour; planes; bit fields.
// Bytes are hostile: no count in them is trusted. Nothing here allocates; states are the caller's memory.
#ifndef FEEDER_CSTRIPS_H
#define FEEDER_CSTRIPS_H

#include <stddef.h>
#include <stdint.h>

/// Why a piece ended.
enum {
  FEEDER_STRIP_MORE = 0,     // as many bytes as asked for are there
  FEEDER_STRIP_SHORT = 1,    // the packed data end first, or say that they end
  FEEDER_STRIP_DAMAGED = 2,  // a code that no writer can have meant
};

/// TIFF's LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, first bit on top, one code early.
typedef struct feeder_lzw feeder_lzw;

/// Bytes of a feeder_lzw, which lies at a multiple of 64.
size_t feeder_lzw_state_bytes(void);

/// Bytes behind the wanted ones that feeder_lzw_read may write: the rest of a string, and a store's width.
#define FEEDER_LZW_SLACK 4112

/// Begins a strip of count packed bytes, which stay borrowed until the last piece is read.
void feeder_lzw_begin(feeder_lzw *_Nonnull lzw, const uint8_t *_Nullable packed, size_t count);

/// Writes the next wanted bytes to out, which has room for FEEDER_LZW_SLACK more. *written says how many are there: fewer if
/// the answer is not FEEDER_STRIP_MORE.
int32_t feeder_lzw_read(feeder_lzw *_Nonnull lzw, uint8_t *_Nonnull out, size_t wanted, size_t *_Nonnull written);

/// PackBits (TIFF 6.0, section 9) between two pieces. Begins as {packed, packed + count, 0, 0}.
typedef struct {
  const uint8_t *_Nullable next;
  const uint8_t *_Nullable end;
  /// Bytes left of the run that the last piece did not finish.
  size_t left;
  /// True if the run repeats one byte, which stands at next; else its bytes stand there.
  int32_t repeats;
} feeder_packbits;

/// As feeder_lzw_read, without slack.
int32_t feeder_packbits_read(feeder_packbits *_Nonnull packbits, uint8_t *_Nonnull out, size_t wanted,
                             size_t *_Nonnull written);

/// Turns round the bytes of count words.
void feeder_swap_words(uint16_t *_Nonnull words, size_t count);

/// Three planes' samples of 1 or 2 bytes side by side: count pixels.
void feeder_join_planes(const void *_Nonnull first, const void *_Nonnull second, const void *_Nonnull third,
                        size_t count, size_t sample_bytes, void *_Nonnull out);

/// A sample within a pixel: (pixel >> shift) & largest, of 1 to 8 bits.
typedef struct {
  uint32_t shift;
  uint32_t largest;
} feeder_field;

/// The bits of a pixel.
typedef struct {
  feeder_field red;
  feeder_field green;
  feeder_field blue;
} feeder_fields;

/// Red, green and blue of count pixels of 2 or 4 bytes, lowest byte first: (255 sample + largest / 2) / largest each.
void feeder_pick_fields(const void *_Nonnull row, size_t count, size_t pixel_bytes,
                        const feeder_fields *_Nonnull fields, uint8_t *_Nonnull out);

#endif
