// Makes Swift's Mutex visible to the thread sanitizer. Waiting for a lock and waking others is done by the standard library, which is
// not instrumented; the rest of a lock is inlined and instrumented. This file, loaded before the standard library (LD_PRELOAD), calls
// the library's functions and reports what they acquire and release. It hides no race: these edges are what a lock guarantees.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Null in programs without the sanitizer, which may be started with the same environment.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

SWIFT void lockSlow(uint32_t state, SELF) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void lockSlow(uint32_t state, SELF) {
  static SWIFT void (*own)(uint32_t, SELF);
  if (!own) own = next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  own(state, self);
  if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlockSlow(SELF) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT void unlockSlow(SELF) {
  static SWIFT void (*own)(SELF);
  if (!own) own = next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  if (__tsan_release) __tsan_release(self);
  own(self);
}
