// Streams, events and page-locked memory, by the engine's generic interface, without CUDA headers. The CPU does all
// work at once, so it has one stream, and its events are always past.
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <memory>
#include <optional>

#include "ctorch.h"

namespace feeder {

static c10::Stream stream(ct_stream given) {
  return c10::Stream::unpack3(given.id, static_cast<c10::DeviceIndex>(given.device), c10::kCUDA);
}

static ct_stream handle(c10::Stream stream) { return {stream.device_index(), stream.id()}; }

static c10::Device cuda(int32_t device) { return {c10::kCUDA, static_cast<c10::DeviceIndex>(device)}; }

/// The guard of the engine's CUDA half. Throws an error with the reason if there is none.
static c10::impl::VirtualGuardImpl guard() {
  open_cuda_once();
  TORCH_CHECK(at::globalContext().hasCUDA(), ct_cuda_status());
  return c10::impl::VirtualGuardImpl(c10::kCUDA);
}

/// An event of a device; empty for the CPU.
struct Event {
  std::optional<c10::Event> event;
};

static Event *own(ct_event event) { return reinterpret_cast<Event *>(event); }

/// A function of CUDA's runtime library, which the engine's CUDA half loads.
template <typename Function>
static Function runtime(const char *name) {
  guard();
  auto function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  TORCH_CHECK(function, "CUDA's runtime library is loaded, but lacks ", name);
  return function;
}

static void check(int result, const char *action, int64_t count) {
  if (result == 0) return;
  auto text = reinterpret_cast<const char *(*)(int)>(dlsym(RTLD_DEFAULT, "cudaGetErrorString"));
  // Without this, the engine's next call would report the error again.
  auto forget = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "cudaGetLastError"));
  if (forget) forget();
  TORCH_CHECK(false, action, " ", count, " bytes of host memory: ", text ? text(result) : "CUDA does not say why");
}

}  // namespace feeder

using namespace feeder;

extern "C" {

int ct_stream_current(int32_t device, ct_stream *out) {
  return guarded([&] {
    *out = {device, 0};
    if (device >= 0) *out = handle(guard().getStream(cuda(device)));
  });
}

int ct_stream_side(int32_t device, ct_stream *out) {
  return guarded([&] {
    *out = {device, 0};
    if (device >= 0) *out = handle(guard().getStreamFromGlobalPool(cuda(device), false));
  });
}

int ct_stream_exchange(ct_stream given, ct_stream *before) {
  return guarded([&] {
    *before = given;
    if (given.device >= 0) *before = handle(guard().exchangeStream(stream(given)));
  });
}

int ct_stream_hold(ct_tensor tensor, ct_stream given) {
  return guarded([&] {
    if (given.device >= 0) borrow(tensor).record_stream(stream(given));
  });
}

int ct_event_new(int32_t device, ct_event *out) {
  return guarded([&] {
    auto event = std::make_unique<Event>();
    if (device >= 0) {
      guard();
      event->event.emplace(c10::kCUDA);
    }
    *out = reinterpret_cast<ct_event>(event.release());
  });
}

void ct_event_release(ct_event event) { delete own(event); }

int ct_event_record(ct_event event, ct_stream given) {
  return guarded([&] {
    if (own(event)->event) own(event)->event->record(stream(given));
  });
}

int ct_event_block(ct_event event, ct_stream given) {
  return guarded([&] {
    if (own(event)->event) own(event)->event->block(stream(given));
  });
}

int ct_event_wait(ct_event event) {
  return guarded([&] {
    if (own(event)->event) own(event)->event->synchronize();
  });
}

int ct_event_past(ct_event event, bool *out) {
  return guarded([&] { *out = !own(event)->event || own(event)->event->query(); });
}

int ct_start_reading(ct_tensor tensor, ct_tensor *out) {
  return guarded([&] {
    at::Tensor source = borrow(tensor).detach();
    if (source.is_cpu()) {
      *out = release(source.clone());
      return;
    }
    at::Tensor host = at::empty(source.sizes(), source.options().device(c10::kCPU).pinned_memory(true));
    host.copy_(source, /*non_blocking=*/true);
    *out = release(std::move(host));
  });
}

int ct_pin(void *bytes, int64_t count) {
  return guarded([&] {
    // 1 is cudaHostRegisterPortable: page-locked for every device's context.
    auto pin = runtime<int (*)(void *, size_t, unsigned)>("cudaHostRegister");
    check(pin(bytes, static_cast<size_t>(count), 1), "cannot page-lock", count);
  });
}

int ct_unpin(void *bytes) {
  return guarded([&] { check(runtime<int (*)(void *)>("cudaHostUnregister")(bytes), "cannot unlock", 0); });
}
}
