// The address space that the process's own limits leave.
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "ctorch.h"

namespace feeder {

/// Bytes that tensors leave free below RLIMIT_AS and RLIMIT_DATA. oneDNN compiles code between two tensors and calls a
/// null pointer if it finds no memory; threads and the Swift runtime end the process. docs/measurements/memory-plan.md
/// has the figures.
static constexpr int64_t reserve_bytes = 32 << 20;

/// Blocks of at least this size get their own mappings once address space is short, so a freed block is really free.
static constexpr int mapped_block_bytes = 1 << 20;

static int64_t limit(decltype(RLIMIT_AS) resource) {
  rlimit value{};
  if (getrlimit(resource, &value) != 0 || value.rlim_cur >= INT64_MAX) return INT64_MAX;
  return static_cast<int64_t>(value.rlim_cur);
}

/// Bytes below the nearer of the two limits. INT64_MAX if neither is set or the kernel does not say.
static int64_t left_bytes() {
  const int64_t space = limit(RLIMIT_AS), data = limit(RLIMIT_DATA);
  if (space == INT64_MAX && data == INT64_MAX) return INT64_MAX;
  static const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  static const int64_t page = sysconf(_SC_PAGESIZE);
  char text[256];
  const ssize_t count = pread(file, text, sizeof(text) - 1, 0);
  if (count <= 0) return INT64_MAX;
  text[count] = 0;
  int64_t space_pages = 0, data_pages = 0;
  if (sscanf(text, "%" SCNd64 " %*d %*d %*d %*d %" SCNd64, &space_pages, &data_pages) != 2) return INT64_MAX;
  return std::min(space - space_pages * page, data - data_pages * page);
}

/// Bytes that tensors may take before the next look at the limits.
static std::atomic<int64_t> credit{0};

static bool look(int64_t count) {
  const int64_t left = left_bytes();
  if (left == INT64_MAX) {
    credit = INT64_MAX / 2;
    return true;
  }
  const int64_t spare = left - reserve_bytes - count;
  credit = std::max<int64_t>(spare / 2, 0);  // the other half is for the engine's own code
  return spare >= 0;
}

bool leaves_reserve(int64_t count) {
  if (credit.fetch_sub(count) >= count || look(count)) return true;
  static const bool maps_blocks = mallopt(M_MMAP_THRESHOLD, mapped_block_bytes) && mallopt(M_MMAP_MAX, 1 << 16);
  return maps_blocks && malloc_trim(0) && look(count);
}

}  // namespace feeder
