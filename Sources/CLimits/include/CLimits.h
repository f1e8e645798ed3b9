// What the process's own limits (ulimit) must allow. limits.c acts before any library begins and needs no call.
#pragma once

#include <stdint.h>

/// Starts up to `count` threads at once, ends them, and returns how many there were. Fewer than `count` means that a limit of address space,
/// of tasks (`ulimit -u`) or of the control group's pids stood in the way.
int32_t feeder_startable_threads(int32_t count);
