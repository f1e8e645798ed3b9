// Tensors as handles: creation, reads, release.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>

#include "ctorch.h"

namespace feeder {

static thread_local int64_t live_count = 0;
using Pointer = c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>;

std::string &error_message() {
  static thread_local std::string message;
  return message;
}

void note(const std::exception &error) {
  const auto *own = dynamic_cast<const c10::Error *>(&error);
  error_message() = own ? own->what_without_backtrace() : error.what();
}

bool is_out_of_memory(const std::exception &error) {
  if (dynamic_cast<const c10::OutOfMemoryError *>(&error) || dynamic_cast<const std::bad_alloc *>(&error)) return true;
  // oneDNN, cuDNN and cuBLAS have their own types for it, or none.
  static const char *const words[] = {"out of memory",
                                      "out_of_memory",
                                      "ALLOC_FAILED",
                                      "could not create a memory",
                                      "could not create a primitive",
                                      "could not execute a primitive"};
  return std::any_of(std::begin(words), std::end(words),
                     [&](const char *word) { return std::strstr(error.what(), word) != nullptr; });
}

int status_of(const std::exception &error) {
  if (const auto *lost = dynamic_cast<const LostPeer *>(&error)) return lost->status;
  if (dynamic_cast<const c10::DistError *>(&error)) return CT_LOST_PEER;
  return is_out_of_memory(error) ? CT_OUT_OF_MEMORY : CT_FAILURE;
}

at::Tensor borrow(const void *handle) {
  auto *impl = reinterpret_cast<at::TensorImpl *>(const_cast<void *>(handle));
  return at::Tensor(Pointer::reclaim_copy(impl));
}

ct_tensor release(at::Tensor tensor) {
  TORCH_CHECK(tensor.defined(), "an operator returned no tensor");
  live_count++;
  return reinterpret_cast<ct_tensor>(tensor.unsafeReleaseTensorImpl());
}

static at::TensorImpl *impl(ct_tensor tensor) { return reinterpret_cast<at::TensorImpl *>(tensor); }

}  // namespace feeder

using namespace feeder;

extern "C" {

const char *ct_error(void) { return error_message().c_str(); }
int64_t ct_live_count(void) { return live_count; }

void ct_release(ct_tensor tensor) {
  live_count--;
  Pointer::reclaim(impl(tensor));
}

int ct_borrow_bytes(void *bytes, int32_t type, const int64_t *shape, int32_t rank, ct_tensor *out) {
  return guarded([&] {
    open_cuda_once();
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type));
    *out = release(at::from_blob(bytes, at::IntArrayRef(shape, rank), options));
  });
}

int ct_from_bytes(const void *bytes, int32_t type, const int64_t *shape, int32_t rank, ct_tensor *out) {
  return guarded([&] {
    open_cuda_once();
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type));
    at::Tensor tensor = at::empty(at::IntArrayRef(shape, rank), options);
    if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), bytes, tensor.nbytes());
    *out = release(std::move(tensor));
  });
}

int ct_copy_to(ct_tensor tensor, void *bytes, int64_t capacity) {
  return guarded([&] {
    at::Tensor plain = borrow(tensor).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(plain.nbytes()) <= capacity, "room for ", capacity, " bytes of ", plain.nbytes());
    if (plain.nbytes() > 0) std::memcpy(bytes, plain.data_ptr(), plain.nbytes());
  });
}

int32_t ct_rank(ct_tensor tensor) { return static_cast<int32_t>(impl(tensor)->dim()); }
int64_t ct_extent(ct_tensor tensor, int32_t dimension) { return impl(tensor)->sizes()[dimension]; }
int32_t ct_type(ct_tensor tensor) { return static_cast<int32_t>(c10::typeMetaToScalarType(impl(tensor)->dtype())); }
int32_t ct_device(ct_tensor tensor) {
  auto device = impl(tensor)->device();
  return device.is_cpu() ? -1 : static_cast<int32_t>(device.index());
}
bool ct_requires_grad(ct_tensor tensor) { return borrow(tensor).requires_grad(); }

int ct_set_requires_grad(ct_tensor tensor, bool value) {
  return guarded([&] { borrow(tensor).requires_grad_(value); });
}

int ct_backward(ct_tensor tensor) {
  return guarded([&] { borrow(tensor).backward(); });
}

int ct_grad(ct_tensor tensor, ct_tensor *out) {
  return guarded([&] {
    at::Tensor gradient = borrow(tensor).grad();
    *out = gradient.defined() ? release(std::move(gradient)) : nullptr;
  });
}

int ct_set_grad(ct_tensor tensor, ct_tensor gradient) {
  return guarded([&] { borrow(tensor).mutable_grad() = gradient ? borrow(gradient) : at::Tensor(); });
}
}
