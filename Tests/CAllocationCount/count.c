#include "CAllocationCount.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

// glibc's own functions, under the names that it exports for programs that replace malloc.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t count;
static _Thread_local uint64_t own_count;
static _Thread_local uint64_t own_bytes;

uint64_t feeder_allocation_count(void) { return atomic_load_explicit(&count, memory_order_relaxed); }
uint64_t feeder_own_allocation_count(void) { return own_count; }
uint64_t feeder_own_allocation_bytes(void) { return own_bytes; }

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
_Bool feeder_counts_allocations(void) { return 0; }
#else
_Bool feeder_counts_allocations(void) { return 1; }

static void note(size_t size) {
  atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
  own_count += 1;
  own_bytes += size;
}

void *malloc(size_t size) {
  note(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  note(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  note(size);
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  note(size);
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
#endif
