// Sums over the GPUs of several processes, by NCCL. Its library is loaded by name, with our own declarations, so this
// builds without its headers and runs without it.
#include <c10/core/DeviceGuard.h>
#include <c10/core/Stream.h>
#include <dlfcn.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstring>
#include <memory>

#include "ctorch.h"

namespace feeder {

// Constants of NCCL's interface (nccl.h, compared with version 2.28.9). Results and types never change their values.
enum {
  NCCL_OK = 0,
  NCCL_SYSTEM_ERROR = 2,
  NCCL_REMOTE_ERROR = 6,
  NCCL_IN_PROGRESS = 7,
  NCCL_FLOAT32 = 7,
  NCCL_SUM = 0
};

struct UniqueID {
  char bytes[CT_NCCL_ID_BYTES];
};

/// The settings of a communicator in 2.14, the first version that has settings. Newer versions use size and version to
/// read them.
struct Config {
  size_t size = sizeof(Config);
  unsigned magic = 0xcafebeef;
  unsigned version = 21400;
  int blocking = 0;     // calls return at once; ncclCommGetAsyncError gives their results
  int unset = INT_MIN;  // fills the last word: "undefined" for a version that should read it
};
static_assert(offsetof(Config, magic) == 8 && offsetof(Config, blocking) == 16 && sizeof(Config) == 24);

using Communicator = struct ncclComm *;

/// NCCL's functions. `absence` is the reason why they are not available.
struct NCCL {
  int (*version)(int *version) = nullptr;
  int (*unique_id)(UniqueID *id) = nullptr;
  int (*init)(Communicator *out, int count, UniqueID id, int rank, Config *config) = nullptr;
  int (*all_reduce)(const void *from, void *to, size_t count, int type, int operation, Communicator with,
                    void *stream) = nullptr;
  int (*async_error)(Communicator of, int *result) = nullptr;
  int (*abort)(Communicator communicator) = nullptr;
  const char *(*error_string)(int result) = nullptr;
  const char *(*last_error)(Communicator of) = nullptr;
  std::string absence;

  NCCL() {
    // The engine's CUDA half loads this library, so its name finds the same one.
    open_cuda_once();
    void *library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      const char *reason = dlerror();
      absence = std::string("NCCL does not load (") + (reason ? reason : "no reason given") +
                "); tools/setup --cuda installs it";
      return;
    }
    find(library, "ncclGetVersion", version);
    find(library, "ncclGetUniqueId", unique_id);
    find(library, "ncclCommInitRankConfig", init);
    find(library, "ncclAllReduce", all_reduce);
    find(library, "ncclCommGetAsyncError", async_error);
    find(library, "ncclCommAbort", abort);
    find(library, "ncclGetErrorString", error_string);
    find(library, "ncclGetLastError", last_error);
  }

  template <typename Function>
  void find(void *library, const char *symbol, Function &function) {
    function = reinterpret_cast<Function>(dlsym(library, symbol));
    if (!function && absence.empty())
      absence = std::string("NCCL is too old: it lacks ") + symbol + "; 2.14 or newer has it";
  }

  /// True if the work is done, false if it is in progress. Throws an error with one line if `result` is a failure.
  bool check(int result, const char *action, Communicator of) const {
    if (result == NCCL_OK || result == NCCL_IN_PROGRESS) return result == NCCL_OK;
    const bool others = result == NCCL_SYSTEM_ERROR || result == NCCL_REMOTE_ERROR;
    const char *detail = last_error(of);
    std::string text = others ? "NCCL lost a rank: " : "NCCL: ";
    text += std::string(action) + " fails with '" + error_string(result) + "'";
    if (detail && *detail) text += std::string(" (") + detail + ")";
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (others) throw LostPeer(CT_LOST_LINK, text);
    TORCH_CHECK(false, text);
  }
};

static const NCCL &nccl() {
  static const NCCL nccl;
  TORCH_CHECK(nccl.absence.empty(), nccl.absence);
  return nccl;
}

}  // namespace feeder

using namespace feeder;

struct ct_nccl_s {
  Communicator communicator = nullptr;

  ~ct_nccl_s() {
    // Abort waits for no other process, unlike destroy. A process that leaves has all its sums or needs none.
    if (communicator) nccl().abort(communicator);
  }
};

extern "C" {

int ct_nccl_version(int32_t *out) {
  return guarded([&] { nccl().check(nccl().version(out), "ncclGetVersion", nullptr); });
}

int ct_nccl_new_id(uint8_t *id) {
  return guarded([&] {
    UniqueID made;
    nccl().check(nccl().unique_id(&made), "ncclGetUniqueId", nullptr);
    std::memcpy(id, made.bytes, sizeof(made.bytes));
  });
}

int ct_nccl_join(const uint8_t *id, int32_t rank, int32_t count, int32_t device, ct_nccl *out) {
  return guarded([&] {
    const NCCL &library = nccl();
    // NCCL uses the thread's current device. Without CUDA, NCCL itself reports that.
    c10::OptionalDeviceGuard guard;
    if (at::globalContext().hasCUDA()) guard.reset_device({c10::kCUDA, static_cast<c10::DeviceIndex>(device)});
    UniqueID given;
    std::memcpy(given.bytes, id, sizeof(given.bytes));
    Config config;
    auto made = std::make_unique<ct_nccl_s>();
    library.check(library.init(&made->communicator, count, given, rank, &config), "ncclCommInitRankConfig", nullptr);
    *out = made.release();
  });
}

void ct_nccl_leave(ct_nccl link) {
  guarded([&] { delete link; });
}

int ct_nccl_ready(ct_nccl link, bool *out) {
  return guarded([&] {
    int result = NCCL_OK;
    nccl().check(nccl().async_error(link->communicator, &result), "ncclCommGetAsyncError", link->communicator);
    *out = nccl().check(result, "work between GPUs", link->communicator);
  });
}

int ct_nccl_sum(ct_nccl link, ct_tensor tensor, ct_stream stream) {
  return guarded([&] {
    at::Tensor numbers = borrow(tensor);
    TORCH_CHECK(numbers.is_cuda() && numbers.is_contiguous() && numbers.scalar_type() == at::kFloat,
                "NCCL sums float32 tensors of a GPU that lie without gaps");
    c10::OptionalDeviceGuard guard(numbers.device());
    void *queue =
        c10::Stream::unpack3(stream.id, static_cast<c10::DeviceIndex>(stream.device), c10::kCUDA).native_handle();
    void *data = numbers.data_ptr();
    nccl().check(nccl().all_reduce(data, data, static_cast<size_t>(numbers.numel()), NCCL_FLOAT32, NCCL_SUM,
                                   link->communicator, queue),
                 "ncclAllReduce", link->communicator);
  });
}
}
