// How long threads of the engine's team wait busily for each other: switched while the program runs.
#include <dlfcn.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "ctorch.h"

namespace feeder {

/// libgomp waits busily for GOMP_SPINCOUNT rounds, which its constructor reads once; but where it manages more threads than the
/// process has cores it sleeps at once (with OMP_WAIT_POLICY=PASSIVE). A second team, whose threads sleep all the time, tips that scale.
class SleepingTeam {
  using Parallel = void (*)(void (*)(void *), void *, unsigned, unsigned);

  std::thread owner_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ends_ = false;

 public:
  SleepingTeam(Parallel parallel, unsigned count) {
    owner_ = std::thread([this, parallel, count] {
      parallel([](void *) {}, nullptr, count, 0);
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [this] { return ends_; });
    });
  }

  /// Ends the owner, and with it libgomp's account of the team.
  ~SleepingTeam() {
    {
      std::lock_guard lock(mutex_);
      ends_ = true;
    }
    ended_.notify_one();
    owner_.join();
  }

  /// Null where the engine has another runtime than libgomp.
  static Parallel parallel() { return reinterpret_cast<Parallel>(dlsym(RTLD_DEFAULT, "GOMP_parallel")); }
};

}  // namespace feeder

using namespace feeder;

extern "C" {

int ct_wait_asleep(bool on, int32_t team) {
  return guarded([&] {
    static std::mutex mutex;
    static std::unique_ptr<SleepingTeam> sleeping;
    std::lock_guard lock(mutex);
    if (!on) {
      sleeping.reset();
    } else if (const auto parallel = SleepingTeam::parallel(); parallel && !sleeping) {
      sleeping = std::make_unique<SleepingTeam>(parallel, static_cast<unsigned>(team));
    }
  });
}
}
