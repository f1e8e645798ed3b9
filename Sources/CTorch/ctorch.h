// Shared inside CTorch: handles, and the conversion of exceptions to statuses.
#pragma once

#include <ATen/ATen.h>

#include <exception>
#include <stdexcept>
#include <string>

#include "CTorch.h"

namespace feeder {

/// The message of this thread's last failed call.
std::string &error_message();

/// Notes the message of an exception, without torch's own stack trace.
void note(const std::exception &error);

/// True if an exception of any library says that memory ran out.
bool is_out_of_memory(const std::exception &error);

/// Another process of a group, or of a link between GPUs, is gone or silent. Not a c10::Error, because its stack trace
/// would not help.
struct LostPeer : std::runtime_error {
  const int status;  // a status of CTorch.h
  LostPeer(int status, const std::string &message) : std::runtime_error(message), status(status) {}
};

/// The status, as in CTorch.h, of an exception of any library.
int status_of(const std::exception &error);

/// Runs `body`. An exception becomes a status and a message.
template <typename Body>
int guarded(Body &&body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::exception &error) {
    note(error);
    return status_of(error);
  } catch (...) {
    error_message() = "unknown failure inside libtorch";
  }
  return CT_FAILURE;
}

/// True if a tensor of `count` bytes leaves the engine's reserve below the process's limits of address space and data.
bool leaves_reserve(int64_t count);

/// The CUDA driver's own library, opened once. Null if there is none; `no_cuda_driver` is the message for that.
void *cuda_driver();
constexpr char no_cuda_driver[] = "no CUDA driver on this machine (libcuda.so.1 not found)";

/// Loads the CUDA half of the engine once. It must run before the first question about CUDA, because torch stores the
/// answer.
void open_cuda_once();

/// A second reference to the tensor of a handle.
at::Tensor borrow(const void *handle);
/// Turns a reference into a handle, whose holder owns it.
ct_tensor release(at::Tensor tensor);

}  // namespace feeder
