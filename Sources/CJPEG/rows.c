#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct feeder_jpeg {
  struct jpeg_error_mgr errors;  // the first member: libjpeg gives back its address
  struct jpeg_decompress_struct state;
  jmp_buf failure;
  int ended;
  int32_t channels;
  char message[JMSG_LENGTH_MAX];
};

static void keep_message(j_common_ptr state) {
  struct feeder_jpeg *jpeg = (struct feeder_jpeg *)state->err;
  (*state->err->format_message)(state, jpeg->message);
}

static void fail(j_common_ptr state) {
  struct feeder_jpeg *jpeg = (struct feeder_jpeg *)state->err;
  keep_message(state);
  jpeg->ended = CJPEG_ERROR;
  longjmp(jpeg->failure, 1);
}

feeder_jpeg *feeder_jpeg_begin(const uint8_t *bytes, size_t count, int32_t width, int32_t height, int32_t channels) {
  struct feeder_jpeg *jpeg = calloc(1, sizeof *jpeg);
  if (!jpeg) return NULL;
  jpeg->state.err = jpeg_std_error(&jpeg->errors);
  jpeg->errors.error_exit = fail;
  jpeg->errors.output_message = keep_message;  // libjpeg calls it for the first warning alone
  jpeg->channels = channels;
  if (setjmp(jpeg->failure)) return jpeg;
  jpeg_create_decompress(&jpeg->state);
  jpeg_mem_src(&jpeg->state, (unsigned char *)bytes, count);
  jpeg_read_header(&jpeg->state, TRUE);
  jpeg->state.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_EXT_RGB;
  jpeg->state.dct_method = JDCT_ISLOW;
  jpeg->state.do_fancy_upsampling = TRUE;
  jpeg_start_decompress(&jpeg->state);
  if (jpeg->state.output_width != (JDIMENSION)width || jpeg->state.output_height != (JDIMENSION)height ||
      jpeg->state.output_components != channels) {
    snprintf(jpeg->message, sizeof jpeg->message, "libjpeg sees another size");
    jpeg->ended = CJPEG_ERROR;
  }
  return jpeg;
}

static int how_it_ended(const feeder_jpeg *jpeg) {
  if (jpeg->ended) return jpeg->ended;
  return jpeg->errors.num_warnings > 0 ? CJPEG_WARNING : CJPEG_GOOD;
}

int feeder_jpeg_read(feeder_jpeg *jpeg, int32_t rows, uint8_t *out) {
  if (jpeg->ended || setjmp(jpeg->failure)) return jpeg->ended;
  const size_t row_bytes = (size_t)jpeg->state.output_width * (size_t)jpeg->channels;
  const JDIMENSION end = jpeg->state.output_scanline + (JDIMENSION)rows;
  while (jpeg->state.output_scanline < end && jpeg->state.output_scanline < jpeg->state.output_height) {
    JSAMPROW row = out + row_bytes * (size_t)((JDIMENSION)rows - (end - jpeg->state.output_scanline));
    jpeg_read_scanlines(&jpeg->state, &row, 1);
  }
  return how_it_ended(jpeg);
}

int feeder_jpeg_finish(feeder_jpeg *jpeg) {
  if (jpeg->ended || setjmp(jpeg->failure)) return jpeg->ended;
  jpeg_finish_decompress(&jpeg->state);
  return how_it_ended(jpeg);
}

const char *feeder_jpeg_message(const feeder_jpeg *jpeg) { return jpeg->message; }

void feeder_jpeg_end(feeder_jpeg *jpeg) {
  if (!jpeg) return;
  jpeg_destroy_decompress(&jpeg->state);
  free(jpeg);
}
