// XXH3 compiled for AVX2: the same result in about half the time of the plain build.
#if defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>

#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define XXH_VECTOR 2  // the header's number for AVX2
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t feeder_xxh3_avx2(const void *bytes, size_t count);
uint64_t feeder_xxh3_avx2(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }
#pragma clang attribute pop
#else
typedef int feeder_no_avx2_here;
#endif
