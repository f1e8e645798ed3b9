// Shared inside CTorch: handles, and the wall that no exception passes.
#pragma once

#include <ATen/ATen.h>

#include <exception>
#include <string>

#include "CTorch.h"

namespace feeder {

/// The message of this thread's last failed call.
std::string &error_message();

/// Notes the message of an exception, without torch's own stack trace.
void note(const std::exception &error);

/// True where an exception of any library says that memory ran out.
bool is_out_of_memory(const std::exception &error);

/// Runs `body`; any exception becomes a status and a message.
template <typename Body>
int guarded(Body &&body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::exception &error) {
    note(error);
    return is_out_of_memory(error) ? 2 : 1;
  } catch (...) {
    error_message() = "unknown failure inside libtorch";
  }
  return 1;
}

/// True if a tensor of `count` bytes leaves the engine's reserve below the process's limits of address space and data.
bool leaves_reserve(int64_t count);

/// The CUDA driver's own library, opened once; null where there is none, which `no_cuda_driver` says.
void *cuda_driver();
constexpr char no_cuda_driver[] = "no CUDA driver on this machine (libcuda.so.1 not found)";

/// Opens the CUDA half of the engine once. It must come before the first question about CUDA: torch remembers the answer.
void open_cuda_once();

/// A second reference to the tensor behind a handle.
at::Tensor borrow(const void *handle);
/// Gives a reference away as a handle.
ct_tensor release(at::Tensor tensor);

}  // namespace feeder
