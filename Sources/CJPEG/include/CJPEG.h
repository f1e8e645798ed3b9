// Rows of a baseline JPEG one after the other, by libjpeg's own interface, which TurboJPEG 2.1 does not have. Errors of libjpeg
// come back as values.
#ifndef FEEDER_CJPEG_H
#define FEEDER_CJPEG_H

#include <stddef.h>
#include <stdint.h>

// A JPEG that is being decoded.
typedef struct feeder_jpeg feeder_jpeg;

// How a call ended.
enum {
  CJPEG_GOOD = 0,
  // libjpeg went on, and may have made pixels up.
  CJPEG_WARNING = 1,
  // Nothing more can be read.
  CJPEG_ERROR = 2,
};

// Begins to decode `bytes`, which stay borrowed, in full: with the accurate transform and smooth chroma upsampling, to 1 or 3
// channels. NULL if memory is short. Errors show at the next call.
feeder_jpeg *feeder_jpeg_begin(const uint8_t *bytes, size_t count, int32_t width, int32_t height, int32_t channels);

// Writes the next `rows` rows to `out`, tightly packed. Returns how all calls so far ended.
int feeder_jpeg_read(feeder_jpeg *jpeg, int32_t rows, uint8_t *out);

// Reads to the end marker behind the last row. Returns how all calls so far ended.
int feeder_jpeg_finish(feeder_jpeg *jpeg);

// The error, or else the first warning; empty if there is none.
const char *feeder_jpeg_message(const feeder_jpeg *jpeg);

// Frees it.
void feeder_jpeg_end(feeder_jpeg *jpeg);

#endif
