// XXH3 from libxxhash's header, compiled in: here its plain build, in checksum_avx2.c the build for AVX2.
#include "CPixels.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t feeder_xxh3_avx2(const void *bytes, size_t count);

static uint64_t plain(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }

uint64_t feeder_xxh3(const void *bytes, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return feeder_xxh3_avx2(bytes, count);
#endif
  return plain(bytes, count);
}

uint64_t feeder_xxh3_plain(const void *bytes, size_t count) { return plain(bytes, count); }
