// Mapped files with pages that the system can no longer read (SIGBUS). The program continues, and the reader can ask
// for the loss.
#ifndef FEEDER_CFAULTS_H
#define FEEDER_CFAULTS_H

#include <stdbool.h>
#include <stddef.h>

// Watches a mapping of `byte_count` bytes of a file from `base`, page-aligned, until feeder_unwatch. The first call
// installs the handler of SIGBUS. Returns a number for the mapping, or -1 if 64 mappings are watched or memory is
// missing. Then a lost page ends the program, as without a handler.
int feeder_watch(const void *base, size_t byte_count);

// Ends the watch. Call it before munmap, when nobody reads the mapping any more.
void feeder_unwatch(int watch);

// True if a page of these bytes was lost, because the storage failed or the file was cut at any position. Lost bytes
// read as zeros.
bool feeder_is_lost(int watch, const void *start, size_t byte_count);

#endif
