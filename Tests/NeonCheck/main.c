// Compares every NEON kernel with its plain-C reference on random rows that end right before an inaccessible page.
// tools/neon-check builds it for arm64 and runs it. Prints what was compared; exits with 1 at the first difference.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "CPixels.h"

static uint64_t state = 0x9e3779b97f4a7c15;

static uint32_t draw(uint32_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)((state >> 16) % below);
}

enum { PAGE = 65536 };

typedef struct {
  void *base;
  size_t whole;
  uint8_t *bytes;
} Row;

// `count` random bytes that end right before an inaccessible page.
static Row row(size_t count) {
  Row made;
  const size_t room = (count + PAGE - 1) / PAGE * PAGE + PAGE;
  made.whole = room + PAGE;
  made.base = mmap(NULL, made.whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made.base == MAP_FAILED || mprotect((uint8_t *)made.base + room, PAGE, PROT_NONE) != 0) {
    fprintf(stderr, "neon-check: no memory\n");
    exit(2);
  }
  made.bytes = (uint8_t *)made.base + room - count;
  for (size_t i = 0; i < count; i++) made.bytes[i] = (uint8_t)draw(256);
  return made;
}

static void drop(Row row) { munmap(row.base, row.whole); }

static long comparedCount = 0;

static void same(const char *kernel, const Row a, const Row b, size_t count, const char *facts, int one, int two) {
  comparedCount++;
  for (size_t i = 0; i < count; i++) {
    if (a.bytes[i] == b.bytes[i]) continue;
    printf("%s differs at %zu of %zu: plain %d, NEON %d (%s %d, %d)\n", kernel, i, count, a.bytes[i], b.bytes[i], facts,
           one, two);
    exit(1);
  }
}

typedef void (*RowKernel)(const feeder_columns *, const uint8_t *, const uint8_t *, int32_t, uint8_t *);

static void resize(const feeder_kernels *plain, const feeder_kernels *neon) {
  const int32_t source_count = 1 + (int32_t)draw(draw(4) ? 700 : 40), count = 1 + (int32_t)draw(700);
  const double scales[] = {0.3, 0.67, 1, 1.001, 1.7, 2, 3.3, 9};
  double scale = scales[draw(8)] * (1 + draw(1000) / 5000.0);
  double offset = ((int32_t)draw(400) - 200) / 7.0;
  const int is_flipped = (int)draw(2);
  Row first = row(4 * (size_t)count), second = row(4 * (size_t)count), weight = row(2 * (size_t)count);
  Row first_neon = row(4 * (size_t)count), second_neon = row(4 * (size_t)count), weight_neon = row(2 * (size_t)count);
  const int32_t start = is_flipped ? count - 1 : 0, step = is_flipped ? -1 : 1;
  plain->fill_taps(scale, offset, start, step, count, source_count, (int32_t *)first.bytes, (int32_t *)second.bytes,
                   (int16_t *)weight.bytes);
  neon->fill_taps(scale, offset, start, step, count, source_count, (int32_t *)first_neon.bytes,
                  (int32_t *)second_neon.bytes, (int16_t *)weight_neon.bytes);
  same("fill_taps", first, first_neon, 4 * (size_t)count, "source, outputs", source_count, count);
  same("fill_taps", second, second_neon, 4 * (size_t)count, "source, outputs", source_count, count);
  same("fill_taps", weight, weight_neon, 2 * (size_t)count, "source, outputs", source_count, count);

  Row upper = row((size_t)source_count), lower = row((size_t)source_count);
  Row out = row((size_t)count), out_neon = row((size_t)count);
  feeder_columns columns = {.first = (int32_t *)first.bytes,
                            .second = (int32_t *)second.bytes,
                            .weight = (int16_t *)weight.bytes,
                            .count = count,
                            .source_count = source_count};
  feeder_columns planned = columns;
  columns.plan = aligned_alloc(64, (size_t)(feeder_plan_bytes(count) + 63) / 64 * 64);
  planned.plan = aligned_alloc(64, (size_t)(feeder_plan_bytes(count) + 63) / 64 * 64);
  plain->plan_columns(&columns);
  neon->plan_columns(&planned);
  const int32_t weights[] = {0, 1, 1023, 1024, 1025, 2047, 2048};
  for (int turn = 0; turn < 10; turn++) {
    const int32_t down = turn < 7 ? weights[turn] : (int32_t)draw(2049);
    plain->resample_row(&columns, upper.bytes, lower.bytes, down, out.bytes);
    neon->resample_row(&planned, upper.bytes, lower.bytes, down, out_neon.bytes);
    same("resample_row", out, out_neon, (size_t)count, "source, weight", source_count, down);
    plain->letterbox_row(&columns, upper.bytes, lower.bytes, down, out.bytes);
    neon->letterbox_row(&planned, upper.bytes, lower.bytes, down, out_neon.bytes);
    same("letterbox_row", out, out_neon, (size_t)count, "source, weight", source_count, down);
  }
  free(columns.plan);
  free(planned.plan);
  Row all[] = {first, second, weight, first_neon, second_neon, weight_neon, upper, lower, out, out_neon};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void bytes(const feeder_kernels *plain, const feeder_kernels *neon) {
  const size_t count = draw(300);
  Row upper = row(2 * count), lower = row(2 * count), out = row(count), out_neon = row(count);
  plain->mean_2x2(upper.bytes, lower.bytes, (int32_t)count, out.bytes);
  neon->mean_2x2(upper.bytes, lower.bytes, (int32_t)count, out_neon.bytes);
  same("mean_2x2", out, out_neon, count, "count", (int)count, 0);

  Row pixels = row(3 * count), table = row(256);
  Row planes[6];
  for (int i = 0; i < 6; i++) planes[i] = row(count);
  plain->split_rgb(pixels.bytes, (int32_t)count, planes[0].bytes, planes[1].bytes, planes[2].bytes);
  neon->split_rgb(pixels.bytes, (int32_t)count, planes[3].bytes, planes[4].bytes, planes[5].bytes);
  for (int i = 0; i < 3; i++) same("split_rgb", planes[i], planes[i + 3], count, "count, channel", (int)count, i);

  Row hue = row(180);
  for (int i = 0; i < 180; i++) hue.bytes[i] = (uint8_t)draw(180);
  Row value = row(256);
  plain->adjust_hsv(planes[0].bytes, planes[1].bytes, planes[2].bytes, (int32_t)count, hue.bytes, table.bytes,
                    value.bytes);
  neon->adjust_hsv(planes[3].bytes, planes[4].bytes, planes[5].bytes, (int32_t)count, hue.bytes, table.bytes,
                   value.bytes);
  for (int i = 0; i < 3; i++) same("adjust_hsv", planes[i], planes[i + 3], count, "count, channel", (int)count, i);
  for (int i = 0; i < 3; i++) {
    plain->map_bytes(planes[i].bytes, (int32_t)count, table.bytes);
    neon->map_bytes(planes[i + 3].bytes, (int32_t)count, table.bytes);
    same("map_bytes", planes[i], planes[i + 3], count, "count", (int)count, 0);
  }

  Row rgb = row(3 * count), rgb_plain = row(3 * count), rgb_stream = row(3 * count), copy = row(count);
  feeder_spread_grey_plain(out.bytes, count, rgb_plain.bytes);
  feeder_spread_grey(out.bytes, count, rgb.bytes);
  same("spread_grey", rgb_plain, rgb, 3 * count, "count", (int)count, 0);
  feeder_stream_grey(out.bytes, count, rgb_stream.bytes);
  same("stream_grey", rgb_plain, rgb_stream, 3 * count, "count", (int)count, 0);
  feeder_stream_copy(out.bytes, count, copy.bytes);
  same("stream_copy", out, copy, count, "count", (int)count, 0);
  if (feeder_xxh3(pixels.bytes, 3 * count) != feeder_xxh3_plain(pixels.bytes, 3 * count)) {
    printf("xxh3 differs for %zu bytes\n", 3 * count);
    exit(1);
  }
  comparedCount++;
  Row all[] = {upper, lower, out, out_neon, pixels, table, hue, value, rgb, rgb_plain, rgb_stream, copy};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
  for (int i = 0; i < 6; i++) drop(planes[i]);
}

static void warp(const feeder_kernels *plain, const feeder_kernels *neon) {
  const int32_t width = 1 + (int32_t)draw(90), height = 1 + (int32_t)draw(60), count = 1 + (int32_t)draw(200);
  const int32_t channels = draw(2) ? 3 : 1;
  Row pixels = row((size_t)width * height * channels);
  feeder_picture picture = {.pixels = pixels.bytes,
                            .width = width,
                            .height = height,
                            .pixel_stride = channels,
                            .row_stride = width * channels,
                            .channel_stride = 1,
                            .channels = channels};
  const feeder_line line = {.u = (float)draw(100) - 20,
                            .v = (float)draw(100) - 20,
                            .w = 1 + (float)draw(100) / 1000,
                            .du = (float)draw(2000) / 1000 - 0.5f,
                            .dv = (float)draw(2000) / 1000 - 1,
                            .dw = (float)draw(100) / 1e6f};
  Row out = row((size_t)count * channels), out_neon = row((size_t)count * channels);
  plain->warp_row(&picture, &line, count, out.bytes, count);
  neon->warp_row(&picture, &line, count, out_neon.bytes, count);
  same("warp_row", out, out_neon, (size_t)count * channels, "count, channels", count, channels);
  drop(pixels);
  drop(out);
  drop(out_neon);
}

int main(int argc, char **argv) {
  const long turnCount = argc > 1 ? atol(argv[1]) : 2000;
  const feeder_kernels *plain = feeder_kernels_at(FEEDER_LEVEL_PLAIN), *neon = feeder_kernels_at(FEEDER_LEVEL_NEON);
  if (!neon || neon == plain) {
    printf("this build has no NEON kernels\n");
    return 1;
  }
  // Checks the check itself: a NEON kernel that is really the plain one must be reported, and so must one that differs.
  const int own = (neon->resample_row != plain->resample_row) + (neon->letterbox_row != plain->letterbox_row) +
                  (neon->mean_2x2 != plain->mean_2x2) + (neon->split_rgb != plain->split_rgb) +
                  (neon->map_bytes != plain->map_bytes);
  if (own != 5) {
    printf("%d of 5 kernels have a NEON version\n", own);
    return 1;
  }
  for (long turn = 0; turn < turnCount; turn++) {
    resize(plain, neon);
    bytes(plain, neon);
    warp(plain, neon);
  }
  printf("%ld rows compared, all equal\n", comparedCount);
  return 0;
}
