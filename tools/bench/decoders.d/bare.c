// bare SECONDS LIBRARY FILE: milliseconds of processor time to decode a file from memory with a C library, whole rows into one buffer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint8_t *data, *pixels;
static size_t size, place, room;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static uint8_t *space(size_t count) {
  if (count > room) {
    free(pixels);
    pixels = malloc(room = count);
    if (!pixels) fail("no memory");
  }
  return pixels;
}

#ifdef WITH_LIBPNG
#include <png.h>
static void take(png_structp png, png_bytep to, size_t count) {
  if (count > size - place) png_error(png, "the file ends");
  memcpy(to, data + place, count);
  place += count;
}

static void libpng(void) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png))) fail("libpng refuses the file");
  place = 0;
  png_set_read_fn(png, NULL, take);
  png_read_info(png, info);
  if (png_get_bit_depth(png, info) == 16) png_set_swap(png);
  png_read_update_info(png, info);
  const size_t row = png_get_rowbytes(png, info);
  const png_uint_32 height = png_get_image_height(png, info);
  uint8_t *out = space(row * height);
  for (png_uint_32 y = 0; y < height; y++) png_read_row(png, out + y * row, NULL);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
}
#endif

#ifdef WITH_LIBSPNG
#include <spng.h>
static void libspng(void) {
  spng_ctx *context = spng_ctx_new(0);
  size_t count = 0;
  spng_set_png_buffer(context, data, size);
  if (spng_decoded_image_size(context, SPNG_FMT_PNG, &count)) fail("libspng refuses the file");
  if (spng_decode_image(context, space(count), count, SPNG_FMT_PNG, 0)) fail("libspng refuses the pixels");
  spng_ctx_free(context);
}
#endif

#ifdef WITH_LIBTIFF
#include <tiffio.h>
static tmsize_t read_part(thandle_t handle, void *to, tmsize_t count) {
  (void)handle;
  if ((size_t)count > size - place) count = (tmsize_t)(size - place);
  memcpy(to, data + place, (size_t)count);
  place += (size_t)count;
  return count;
}

static tmsize_t write_part(thandle_t handle, void *from, tmsize_t count) {
  (void)handle, (void)from, (void)count;
  return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int from) {
  (void)handle;
  place = (size_t)(from == SEEK_SET ? offset : from == SEEK_CUR ? place + offset : size + offset);
  if (place > size) place = size;
  return place;
}

static int done(thandle_t handle) { return (void)handle, 0; }
static toff_t whole(thandle_t handle) { return (void)handle, (toff_t)size; }
static int map(thandle_t handle, void **base, toff_t *count) {
  (void)handle;
  *base = data;
  *count = (toff_t)size;
  return 1;
}
static void unmap(thandle_t handle, void *base, toff_t count) { (void)handle, (void)base, (void)count; }

static void libtiff(void) {
  place = 0;
  TIFF *tiff = TIFFClientOpen("memory", "r", NULL, read_part, write_part, seek, done, whole, map, unmap);
  if (!tiff) fail("libtiff refuses the file");
  if (TIFFIsTiled(tiff)) {
    const tmsize_t count = TIFFTileSize(tiff);
    const uint32_t tiles = TIFFNumberOfTiles(tiff);
    uint8_t *out = space((size_t)count * tiles);
    for (uint32_t i = 0; i < tiles; i++) {
      if (TIFFReadEncodedTile(tiff, i, out + (size_t)count * i, count) < 0) fail("libtiff refuses a tile");
    }
  } else {
    const tmsize_t count = TIFFStripSize(tiff);
    const uint32_t strips = TIFFNumberOfStrips(tiff);
    uint8_t *out = space((size_t)count * strips);
    for (uint32_t i = 0; i < strips; i++) {
      if (TIFFReadEncodedStrip(tiff, i, out + (size_t)count * i, count) < 0) fail("libtiff refuses a strip");
    }
  }
  TIFFClose(tiff);
}
#endif

static double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int order(const void *left, const void *right) {
  const double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int count, char **words) {
  if (count != 4) fail("bare SECONDS LIBRARY FILE");
  FILE *file = fopen(words[3], "rb");
  if (!file) fail("the file cannot be read");
  fseek(file, 0, SEEK_END);
  size = (size_t)ftell(file);
  rewind(file);
  data = malloc(size);
  if (!data || fread(data, 1, size, file) != size) fail("the file cannot be read");
  void (*decode)(void) = NULL;
#ifdef WITH_LIBPNG
  if (!strcmp(words[2], "libpng")) decode = libpng;
#endif
#ifdef WITH_LIBSPNG
  if (!strcmp(words[2], "libspng")) decode = libspng;
#endif
#ifdef WITH_LIBTIFF
  if (!strcmp(words[2], "libtiff")) decode = libtiff;
#endif
  if (!decode) fail("this library is not built in");
  static double times[100000];
  int number = 0;
  const double end = now(CLOCK_MONOTONIC) + atof(words[1]) * 1e3;
  decode();
  while ((now(CLOCK_MONOTONIC) < end || number < 5) && number < 100000) {
    const double begun = now(CLOCK_THREAD_CPUTIME_ID);
    decode();
    times[number++] = now(CLOCK_THREAD_CPUTIME_ID) - begun;
  }
  qsort(times, (size_t)number, sizeof *times, order);
  printf("%.6f\n", times[number / 2]);
  return 0;
}
