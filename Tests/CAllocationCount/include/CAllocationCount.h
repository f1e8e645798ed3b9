// Counts calls of malloc and related functions in a program that links this. It replaces the C library's functions.
#ifndef FEEDER_ALLOCATION_COUNT_H
#define FEEDER_ALLOCATION_COUNT_H

#include <stdint.h>

/// False under a sanitizer, whose malloc is not replaced. Then all counts stay 0.
_Bool feeder_counts_allocations(void);

/// Blocks allocated since the program started, by all threads.
uint64_t feeder_allocation_count(void);

/// Blocks allocated by the calling thread, and their bytes.
uint64_t feeder_own_allocation_count(void);
uint64_t feeder_own_allocation_bytes(void);

#endif
