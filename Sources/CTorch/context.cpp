// State of a thread or of the process: gradients, autocast, threads, devices.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <cstdlib>
#include <mutex>

#include "ctorch.h"

namespace feeder {

static std::string cuda_status = "not looked for yet";

void open_cuda_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (!cuda_driver()) {
      cuda_status = no_cuda_driver;
      return;
    }
    if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
      const char *reason = dlerror();
      cuda_status = std::string("a CUDA driver is here, but libtorch_cuda.so does not load: ") +
                    (reason ? reason : "no reason given") + "; run tools/setup --cuda";
      return;
    }
    at::globalContext().setAllowTF32CuDNN(false);  // on by default; float32 stays exact unless TF32 is chosen
    cuda_status = "CUDA is ready";
  });
}

}  // namespace feeder

using namespace feeder;

extern "C" {

const char *ct_version(void) { return TORCH_VERSION; }

bool ct_set_grad_mode(bool on) {
  bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on);
  return before;
}

int ct_set_autocast(bool cuda, bool on, int32_t type) {
  return guarded([&] {
    auto device = cuda ? at::kCUDA : at::kCPU;
    if (on) at::autocast::set_autocast_dtype(device, static_cast<at::ScalarType>(type));
    at::autocast::set_autocast_enabled(device, on);
    at::autocast::set_autocast_cache_enabled(true);
    if (!on) at::autocast::clear_cache();
  });
}

int32_t ct_thread_count(void) { return at::get_num_threads(); }

int ct_set_thread_count(int32_t count) {
  return guarded([&] { at::set_num_threads(count); });
}

int ct_set_deterministic(bool on) {
  return guarded([&] {
    // cuBLAS reads it at its first use. Without it, it gives equal bytes only on a single stream.
    if (on) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    auto &context = at::globalContext();
    context.setDeterministicAlgorithms(on, /*warn_only=*/true);
    context.setDeterministicFillUninitializedMemory(false);  // every operator here fills its results
  });
}

int ct_set_tf32(bool on) {
  return guarded([&] {
    open_cuda_once();
    at::globalContext().setAllowTF32CuDNN(on);
    at::globalContext().setAllowTF32CuBLAS(on);
  });
}

bool ct_tf32(void) {
  bool on = false;
  guarded([&] {
    auto &context = at::globalContext();
    on = context.hasCUDA() && (context.allowTF32CuDNN() || context.allowTF32CuBLAS());
  });
  return on;
}

int32_t ct_cuda_count(void) {
  int32_t count = 0;
  guarded([&] {
    open_cuda_once();
    if (at::globalContext().hasCUDA()) count = at::detail::getCUDAHooks().deviceCount();
  });
  return count;
}

const char *ct_cuda_status(void) {
  open_cuda_once();
  return cuda_status.c_str();
}
}
