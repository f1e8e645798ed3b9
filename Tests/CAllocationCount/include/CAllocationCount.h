// Counts calls of malloc and its like in a program that links this: it stands before the C library's own.
#ifndef FEEDER_ALLOCATION_COUNT_H
#define FEEDER_ALLOCATION_COUNT_H

#include <stdint.h>

/// False under a sanitizer, whose own malloc is left alone: then all counts stay 0.
_Bool feeder_counts_allocations(void);

/// Blocks asked for since the program began, by all threads.
uint64_t feeder_allocation_count(void);

/// Blocks asked for by the calling thread, and their bytes.
uint64_t feeder_own_allocation_count(void);
uint64_t feeder_own_allocation_bytes(void);

#endif
