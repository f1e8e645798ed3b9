// Checks of the process's own limits (ulimit). limits.c runs before any library starts and needs no call.
#pragma once

#include <stdint.h>

/// Starts up to `count` threads at the same time, ends them, and returns their number. Fewer than `count` means that a
/// limit of address space, of tasks (`ulimit -u`) or of the control group's pids prevented more.
int32_t feeder_startable_threads(int32_t count);
