// Several processes that train one network: torch's c10d over gloo, on tensors in host memory.
#define USE_C10D_GLOO
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <mutex>

#include "ctorch.h"

// We allocate the object, and its size depends on headers that the wheel does not contain (declared/gloo). If the
// pinned version changes, compare them again.
static_assert(sizeof(c10d::ProcessGroupGloo) == 488, "libtorch is not the one that declared/gloo was written for");

struct ct_group_s {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group;
};

struct ct_work_s {
  c10::intrusive_ptr<c10d::Work> work;
  std::vector<at::Tensor> kept;  // the tensors that the work reads and writes
};

namespace feeder {

/// Starts work of a group, one at a time per process: c10d's record of recent work notes a group's first work without a
/// lock (FlightRecorder::recordWithResetEnabled, all_pg_status_).
template <typename Start>
static c10::intrusive_ptr<c10d::Work> start(Start body) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> guard(mutex);
  return body();
}

/// Waits for work of a group. An exception that is not torch's own comes from gloo. It means that gloo lost another
/// process; the wheel does not contain the headers of its class.
static void finish(c10d::Work &work) {
  try {
    work.wait();
  } catch (const c10::Error &) {
    throw;
  } catch (const std::exception &error) {
    if (is_out_of_memory(error)) throw;
    throw LostPeer(CT_LOST_PEER, error.what());
  }
}

static at::Tensor summed(ct_group_s *group, const at::Tensor &tensor) {
  std::vector<at::Tensor> sum{tensor.detach().to(at::kCPU, tensor.scalar_type(), false, true).contiguous()};
  finish(*start([&] { return group->group->allreduce(sum); }));
  return sum[0].to(tensor.device());
}

/// The sum over all processes. Its gradient is the sum of the gradients of all processes.
struct Sum : torch::autograd::Function<Sum> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &tensor, int64_t group) {
    context->saved_data["group"] = group;
    return summed(reinterpret_cast<ct_group_s *>(group), tensor);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    auto *group = reinterpret_cast<ct_group_s *>(context->saved_data["group"].toInt());
    return {summed(group, gradients[0]), at::Tensor()};
  }
};

/// Calls back when the gradient of a leaf is complete.
struct GradientHook : torch::autograd::PostAccumulateGradHook {
  void (*ready)(void *context, int32_t index);
  void *context;
  int32_t index;

  GradientHook(void (*ready)(void *, int32_t), void *context, int32_t index)
      : ready(ready), context(context), index(index) {}
  void operator()(const at::Tensor &) override { ready(context, index); }
};

static ct_work started(c10::intrusive_ptr<c10d::Work> work, std::vector<at::Tensor> kept) {
  return new ct_work_s{std::move(work), std::move(kept)};
}

}  // namespace feeder

using namespace feeder;

extern "C" {

int ct_group_join(const char *host, int32_t port, bool serves, const char *name, const char *own_host,
                  const char *own_interface, int32_t rank, int32_t count, int64_t join_milliseconds,
                  int64_t timeout_milliseconds, ct_group *out) {
  return guarded([&] {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = serves;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(join_milliseconds);
    auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
    auto named = c10::make_intrusive<c10d::PrefixStore>(name, store);
    auto settings = c10d::ProcessGroupGloo::Options::create(std::chrono::milliseconds(timeout_milliseconds));
    using Group = c10d::ProcessGroupGloo;
    settings->devices.push_back(own_interface ? Group::createDeviceForInterface(own_interface)
                                : own_host    ? Group::createDeviceForHostname(own_host)
                                              : Group::createDefaultDevice());
    // Late processes are awaited here, for the store's timeout, and not in the group's own handshake.
    named->add("joined", 1);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(join_milliseconds);
    while (named->add("joined", 0) < count) {
      TORCH_CHECK(std::chrono::steady_clock::now() < end, "only ", named->add("joined", 0), " of ", count,
                  " ranks came within ", join_milliseconds / 1000, " s");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    auto group = c10::make_intrusive<c10d::ProcessGroupGloo>(named, rank, count, settings);
    *out = new ct_group_s{named, group};
  });
}

void ct_group_leave(ct_group group) { delete group; }

int ct_group_reduce(ct_group group, ct_tensor tensor, bool largest, ct_work *out) {
  return guarded([&] {
    std::vector<at::Tensor> tensors{borrow(tensor)};
    c10d::AllreduceOptions options;
    options.reduceOp = largest ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
    auto work = start([&] { return group->group->allreduce(tensors, options); });
    *out = started(std::move(work), std::move(tensors));
  });
}

int ct_group_broadcast(ct_group group, ct_tensor tensor, int32_t root, ct_work *out) {
  return guarded([&] {
    std::vector<at::Tensor> tensors{borrow(tensor)};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    auto work = start([&] { return group->group->broadcast(tensors, options); });
    *out = started(std::move(work), std::move(tensors));
  });
}

int ct_group_gather(ct_group group, ct_tensor tensor, ct_tensor all, ct_work *out) {
  return guarded([&] {
    std::vector<at::Tensor> inputs{borrow(tensor)};
    std::vector<std::vector<at::Tensor>> outputs{borrow(all).unbind(0)};
    auto work = start([&] { return group->group->allgather(outputs, inputs); });
    outputs[0].push_back(inputs[0]);
    *out = started(std::move(work), std::move(outputs[0]));
  });
}

int ct_work_finish(ct_work work) {
  std::unique_ptr<ct_work_s> owned(work);
  return guarded([&] { finish(*owned->work); });
}

int ct_group_sum(ct_group group, ct_tensor tensor, ct_tensor *out) {
  return guarded([&] { *out = release(Sum::apply(borrow(tensor), reinterpret_cast<int64_t>(group))); });
}

int ct_on_gradient(ct_tensor leaf, void (*ready)(void *, int32_t), void *context, int32_t index) {
  return guarded([&] {
    auto hook = ready ? std::make_unique<GradientHook>(ready, context, index) : nullptr;
    torch::autograd::impl::set_post_acc_grad_hooks(borrow(leaf), std::move(hook));
  });
}
}
