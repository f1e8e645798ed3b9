// The engine's memory: a host allocator that wastes little and counts bytes, and the memory of a device.
#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <malloc.h>

#include <atomic>
#include <cstdlib>

#include "ctorch.h"

namespace feeder {

static std::atomic<int64_t> allocated_bytes{0};
static std::atomic<int64_t> peak_bytes{0};
static std::atomic<int64_t> limit_bytes{INT64_MAX};

static constexpr size_t alignment = 64;  // as torch's kernels expect (c10/core/alignment.h)

/// Before each block: the start of malloc's own block, and the number of requested bytes.
struct Preface {
  uint64_t count;
  void *block;
};
static_assert(sizeof(Preface) == 16, "malloc aligns to 16, so 16 bytes or more lie in front of every aligned address");

static void give_back(void *pointer) {
  if (!pointer) return;
  Preface *preface = static_cast<Preface *>(pointer) - 1;
  allocated_bytes -= static_cast<int64_t>(preface->count);
  std::free(preface->block);
}

/// Aligns blocks of plain malloc. Torch's own allocator calls glibc's posix_memalign, which cannot place a block into
/// the gap of a freed block of the same size, so a training step takes a third more memory than its tensors
/// (docs/decisions/0008).
class HostAllocator final : public c10::Allocator {
  c10::DataPtr allocate(size_t count) override {
    const c10::Device host(c10::kCPU);
    if (count == 0) return {nullptr, nullptr, &give_back, host};
    const bool is_within = count < INT64_MAX / 2 && allocated_bytes + static_cast<int64_t>(count) <= limit_bytes &&
                           leaves_reserve(static_cast<int64_t>(count));
    void *block = is_within ? std::malloc(count + alignment) : nullptr;
    TORCH_CHECK_WITH(OutOfMemoryError, block, "out of memory: no ", count, " bytes for a tensor on the host");
    auto *preface =
        reinterpret_cast<Preface *>((reinterpret_cast<uintptr_t>(block) + alignment) & ~(alignment - 1)) - 1;
    *preface = {count, block};
    const int64_t now = allocated_bytes += static_cast<int64_t>(count);
    int64_t most = peak_bytes;
    while (now > most && !peak_bytes.compare_exchange_weak(most, now)) {}
    return {preface + 1, preface + 1, &give_back, host};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void *target, const void *source, size_t count) const override {
    default_copy_data(target, source, count);
  }
};

static HostAllocator host_allocator;
/// Runs before main, so that no tensor comes from torch's allocator.
static const bool is_installed = [] {
  c10::SetCPUAllocator(&host_allocator, 1);
  return true;
}();

}  // namespace feeder

using namespace feeder;

extern "C" {

int64_t ct_host_bytes(void) { return is_installed ? allocated_bytes.load() : 0; }
int64_t ct_host_peak_bytes(void) { return peak_bytes.load(); }
int64_t ct_host_idle_bytes(void) { return static_cast<int64_t>(mallinfo2().fordblks); }
void ct_host_set_limit(int64_t bytes) { limit_bytes = bytes; }
void ct_host_reset_peak(void) { peak_bytes = allocated_bytes.load(); }

int ct_release_unused(int32_t device) {
  return guarded([&] {
    malloc_trim(0);
    if (device >= 0) c10::getDeviceAllocator(c10::kCUDA)->emptyCache();
  });
}

int ct_device_memory(int32_t device, int64_t *free_bytes, int64_t *total_bytes) {
  return guarded([&] {
    open_cuda_once();
    const auto [unused, total] =
        c10::getDeviceAllocator(c10::kCUDA)->getMemoryInfo(static_cast<c10::DeviceIndex>(device));
    *free_bytes = static_cast<int64_t>(unused);
    *total_bytes = static_cast<int64_t>(total);
  });
}

int ct_device_peak_bytes(int32_t device, int64_t *bytes) {
  return guarded([&] {
    open_cuda_once();
    const auto stats = c10::getDeviceAllocator(c10::kCUDA)->getDeviceStats(static_cast<c10::DeviceIndex>(device));
    *bytes = stats.allocated_bytes[0].peak;  // the sum over all pools
  });
}
}
