// Decides, while the program runs, if threads of the engine's team spin or sleep when they wait for each other.
#include <dlfcn.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "ctorch.h"

namespace feeder {

/// libgomp spins for GOMP_SPINCOUNT rounds, which its constructor reads once. If it manages more threads than the
/// process has cores, it sleeps at once (as with OMP_WAIT_POLICY=PASSIVE). A second team, whose threads always sleep,
/// brings the count above the cores.
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

  /// Ends the owner thread, and with it the team, which libgomp then no longer counts.
  ~SleepingTeam() {
    {
      std::lock_guard lock(mutex_);
      ends_ = true;
    }
    ended_.notify_one();
    owner_.join();
  }

  /// Null if the engine's OpenMP runtime is not libgomp.
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
