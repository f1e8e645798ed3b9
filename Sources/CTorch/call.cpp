// Calls any operator by its schema: Swift's values become a stack, and the dispatcher does the rest, autograd and
// autocast included.
#include <ATen/core/dispatch/Dispatcher.h>

#include "ctorch.h"

namespace feeder {

static c10::IValue value(const ct_value &given, const c10::Argument &argument) {
  switch (given.tag) {
    case CT_DEFAULT:
      TORCH_CHECK(argument.default_value().has_value(), "argument '", argument.name(), "' has no default");
      return *argument.default_value();
    case CT_NONE: return c10::IValue();
    case CT_TENSOR: return borrow(given.pointer);
    case CT_INT:
      if (argument.type()->kind() == c10::TypeKind::FloatType) return static_cast<double>(given.integer);
      return given.integer;
    case CT_DOUBLE: return given.number;
    case CT_BOOL: return given.integer != 0;
    case CT_INTS: {
      const auto *items = static_cast<const int64_t *>(given.pointer);
      return c10::List<int64_t>(at::IntArrayRef(items, given.count));
    }
    case CT_TENSORS: {
      c10::List<at::Tensor> list;
      list.reserve(given.count);
      const auto *items = static_cast<const ct_tensor *>(given.pointer);
      for (int64_t i = 0; i < given.count; i++) list.push_back(borrow(items[i]));
      return list;
    }
    case CT_STRING: return std::string(static_cast<const char *>(given.pointer));
    case CT_DEVICE:
      return given.integer < 0 ? c10::Device(c10::kCPU)
                               : c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(given.integer));
    default: TORCH_CHECK(false, "unknown kind of argument ", given.tag);
  }
}

}  // namespace feeder

using namespace feeder;

extern "C" {

int ct_operator_find(const char *name, const char *overload, ct_operator *out) {
  return guarded([&] {
    open_cuda_once();
    auto found = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    *out = reinterpret_cast<ct_operator>(new c10::OperatorHandle(found));
  });
}

int ct_call(ct_operator op, const ct_value *arguments, int32_t count, ct_tensor *out, int32_t capacity,
            int32_t *out_count) {
  return guarded([&] {
    *out_count = 0;
    const auto &handle = *reinterpret_cast<c10::OperatorHandle *>(op);
    const auto &schema = handle.schema();
    const auto &wanted = schema.arguments();
    TORCH_CHECK(count <= static_cast<int32_t>(wanted.size()), schema.name(), " takes ", wanted.size(),
                " arguments, not ", count);
    static const ct_value absent = {CT_DEFAULT, 0, 0, nullptr, 0};
    torch::jit::Stack stack;
    stack.reserve(wanted.size());
    for (size_t i = 0; i < wanted.size(); i++) {
      stack.push_back(value(static_cast<int32_t>(i) < count ? arguments[i] : absent, wanted[i]));
    }
    handle.callBoxed(stack);
    const auto give = [&](at::Tensor tensor) {
      TORCH_CHECK(*out_count < capacity, schema.name(), " returned more than ", capacity, " tensors");
      out[(*out_count)++] = release(std::move(tensor));
    };
    try {
      for (auto &result : stack) {
        if (result.isTensor() && result.toTensor().defined()) {
          give(std::move(result).toTensor());
        } else if (result.isTensorList()) {
          for (const auto &tensor : result.toTensorVector()) give(tensor);
        }
      }
    } catch (...) {
      for (int32_t i = 0; i < *out_count; i++) ct_release(out[i]);
      *out_count = 0;
      throw;
    }
  });
}
}
