// Tells the thread sanitizer of Swift's Mutex. What a thread does that waits for a lock, or wakes others, is in the standard library, which is not
// instrumented; all else of a lock is inlined and seen. Loaded before the standard library (LD_PRELOAD), it calls the library's own
// functions and says what they acquire and release. It hides no race: these edges are what a lock is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Missing in programs without the sanitizer, which may be started beside those with it.
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
