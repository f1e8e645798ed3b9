// Mapped files whose pages the system can no longer give (SIGBUS): the program lives, and their reader is told.
#ifndef FEEDER_CFAULTS_H
#define FEEDER_CFAULTS_H

#include <stdbool.h>
#include <stddef.h>

// Watches a mapping of a file's `byte_count` bytes from `base`, page-aligned, until feeder_unwatch. Installs the handler of SIGBUS with the first.
// Returns a number for it, or -1 where 64 mappings are watched or memory is out: then a lost page ends the program, as without.
int feeder_watch(const void *base, size_t byte_count);

// Ends it; before munmap, and when nobody reads the mapping any more.
void feeder_unwatch(int watch);

// True where a page of these bytes was lost, since its storage fails, or the file was cut anywhere. What is lost reads as zeros.
bool feeder_is_lost(int watch, const void *start, size_t byte_count);

#endif
