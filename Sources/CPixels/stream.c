// Copies of whole images into a slot: stores past the caches, and grey spread to three channels.
#include "CPixels.h"

#include <string.h>

// clang's vector types compile to SSSE3 and to NEON, so one source serves both.
typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint8_t LooseBytes __attribute__((vector_size(16), aligned(1)));

#if defined(__x86_64__)
#define WITH_SHUFFLE __attribute__((target("ssse3")))
#define HAS_SHUFFLE __builtin_cpu_supports("ssse3")
#define FINISH_STREAM() __builtin_ia32_sfence()
#else
#define WITH_SHUFFLE
#define HAS_SHUFFLE 1
#define FINISH_STREAM() ((void)0)
#endif

static int is_aligned(const void *address) { return (uintptr_t)address % sizeof(Bytes) == 0; }

void feeder_stream_copy(const uint8_t *from, size_t count, uint8_t *to) {
  size_t done = 0;
  if (is_aligned(to)) {
    for (; done + 4 * sizeof(Bytes) <= count; done += 4 * sizeof(Bytes)) {
      __builtin_prefetch(from + done + 1024, 0, 3);  // 16 lines ahead; past the end it has no effect
      for (size_t part = 0; part < 4; part++) {
        Bytes bytes = *(const LooseBytes *)(from + done + part * sizeof(Bytes));
        __builtin_nontemporal_store(bytes, (Bytes *)(to + done + part * sizeof(Bytes)));
      }
    }
    FINISH_STREAM();
  }
  memcpy(to + done, from + done, count - done);
}

void feeder_spread_grey_plain(const uint8_t *grey, size_t count, uint8_t *rgb) {
  for (size_t i = 0; i < count; i++) {
    uint8_t value = grey[i];
    rgb[3 * i] = value;
    rgb[3 * i + 1] = value;
    rgb[3 * i + 2] = value;
  }
}

// Spreads 16 pixels per turn, with all reads before the writes. Returns the number of pixels done.
WITH_SHUFFLE static size_t spread(const uint8_t *grey, size_t count, uint8_t *rgb, int streams) {
  size_t done = 0;
  for (; done + 16 <= count; done += 16) {
    Bytes line = *(const LooseBytes *)(grey + done);
    Bytes first = __builtin_shufflevector(line, line, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5);
    Bytes second = __builtin_shufflevector(line, line, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
    Bytes third = __builtin_shufflevector(line, line, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
    uint8_t *out = rgb + 3 * done;
    if (streams) {
      __builtin_nontemporal_store(first, (Bytes *)out);
      __builtin_nontemporal_store(second, (Bytes *)(out + 16));
      __builtin_nontemporal_store(third, (Bytes *)(out + 32));
    } else {
      *(LooseBytes *)out = first;
      *(LooseBytes *)(out + 16) = second;
      *(LooseBytes *)(out + 32) = third;
    }
  }
  if (streams) FINISH_STREAM();
  return done;
}

void feeder_spread_grey(const uint8_t *grey, size_t count, uint8_t *rgb) {
  size_t done = HAS_SHUFFLE ? spread(grey, count, rgb, 0) : 0;
  feeder_spread_grey_plain(grey + done, count - done, rgb + 3 * done);
}

void feeder_stream_grey(const uint8_t *grey, size_t count, uint8_t *rgb) {
  size_t done = HAS_SHUFFLE ? spread(grey, count, rgb, is_aligned(rgb)) : 0;
  feeder_spread_grey_plain(grey + done, count - done, rgb + 3 * done);
}
