// Facts of the CUDA driver about its devices. The driver's library is loaded by name, with our own declarations, so
// this builds and runs without CUDA's headers and without the engine's CUDA half.
#include <dlfcn.h>

#include <algorithm>

#include "ctorch.h"

namespace feeder {

// Constants of the driver's interface (cuda.h). Results and attributes never change their values.
enum { CUDA_OK = 0, MULTIPROCESSORS = 16, CAPABILITY_MAJOR = 75, CAPABILITY_MINOR = 76 };

void *cuda_driver() {
  static void *const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  return library;
}

/// The driver's functions. `absence` is the reason why they are not available.
struct Driver {
  int (*init)(unsigned flags) = nullptr;
  int (*version)(int *version) = nullptr;
  int (*count)(int *count) = nullptr;
  int (*device)(int *device, int ordinal) = nullptr;
  int (*name)(char *name, int capacity, int device) = nullptr;
  int (*memory)(size_t *bytes, int device) = nullptr;
  int (*attribute)(int *value, int attribute, int device) = nullptr;
  int (*bus)(char *id, int capacity, int device) = nullptr;
  int (*error_name)(int result, const char **name) = nullptr;
  std::string absence;

  Driver() {
    void *library = cuda_driver();
    if (!library) {
      absence = no_cuda_driver;
      return;
    }
    find(library, "cuInit", init);
    find(library, "cuDriverGetVersion", version);
    find(library, "cuDeviceGetCount", count);
    find(library, "cuDeviceGet", device);
    find(library, "cuDeviceGetName", name);
    find(library, "cuDeviceTotalMem_v2", memory);
    find(library, "cuDeviceGetAttribute", attribute);
    find(library, "cuDeviceGetPCIBusId", bus);
    find(library, "cuGetErrorName", error_name);
    if (!absence.empty()) return;
    if (int result = init(0); result != CUDA_OK)
      absence = "the CUDA driver is here, but finds no device: " + text(result);
  }

  template <typename Function>
  void find(void *library, const char *symbol, Function &function) {
    function = reinterpret_cast<Function>(dlsym(library, symbol));
    if (!function && absence.empty()) absence = std::string("the CUDA driver is too old: it lacks ") + symbol;
  }

  std::string text(int result) const {
    const char *known = nullptr;
    if (error_name(result, &known) == CUDA_OK && known) return known;
    return "error " + std::to_string(result);
  }

  void check(int result, const char *question) const {
    TORCH_CHECK(result == CUDA_OK, "the CUDA driver does not answer ", question, ": ", text(result));
  }
};

static const Driver &driver() {
  static const Driver driver;
  return driver;
}

static ct_cuda_device facts(const Driver &driver, int ordinal) {
  ct_cuda_device facts = {};
  int device = 0;
  size_t bytes = 0;
  driver.check(driver.device(&device, ordinal), "cuDeviceGet");
  driver.check(driver.name(facts.name, sizeof(facts.name) - 1, device), "cuDeviceGetName");
  driver.check(driver.bus(facts.pci_bus_id, sizeof(facts.pci_bus_id) - 1, device), "cuDeviceGetPCIBusId");
  driver.check(driver.memory(&bytes, device), "cuDeviceTotalMem");
  driver.check(driver.attribute(&facts.capability_major, CAPABILITY_MAJOR, device), "cuDeviceGetAttribute");
  driver.check(driver.attribute(&facts.capability_minor, CAPABILITY_MINOR, device), "cuDeviceGetAttribute");
  driver.check(driver.attribute(&facts.multiprocessor_count, MULTIPROCESSORS, device), "cuDeviceGetAttribute");
  facts.memory_bytes = static_cast<int64_t>(bytes);
  return facts;
}

}  // namespace feeder

using namespace feeder;

extern "C" {

int ct_cuda_properties(ct_cuda_device *out, int32_t capacity, int32_t *out_count) {
  return guarded([&] {
    *out_count = 0;
    const Driver &known = driver();
    TORCH_CHECK(known.absence.empty(), known.absence);
    int count = 0;
    known.check(known.count(&count), "cuDeviceGetCount");
    TORCH_CHECK(count > 0, "the CUDA driver is here, but shows no device (CUDA_VISIBLE_DEVICES hides them?)");
    for (int ordinal = 0; ordinal < std::min(count, capacity); ordinal++) out[ordinal] = facts(known, ordinal);
    *out_count = std::min(count, capacity);
  });
}

int32_t ct_cuda_driver_version(void) {
  int version = 0;
  guarded([&] {
    if (driver().version && driver().version(&version) != CUDA_OK) version = 0;
  });
  return version;
}
}
