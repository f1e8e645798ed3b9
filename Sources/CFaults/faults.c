#define _GNU_SOURCE
#include "CFaults.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WATCH_COUNT = 64 };

// A watched mapping. `first` and `end` are addresses. `first` is 0 while the entry is free, and is set last.
struct watch {
  _Atomic uintptr_t first, end;
  _Atomic size_t lost_count;
  _Atomic(_Atomic unsigned char *) lost;  // one bit per page; owned
  // The last byte that is not 0. A cut file loses it, even if the cut page can still be read: as zeros from the cut on.
  const volatile unsigned char *last;
};

static struct watch watches[WATCH_COUNT];
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;
static size_t page_size;

// Maps a page of zeros over the lost one and returns to the read, which continues. Calls only what a signal handler may
// call: atomics, and mmap, which is only a system call.
static void lose_page(int signal_number, siginfo_t *info, void *context) {
  int saved = errno;
  uintptr_t address = (uintptr_t)info->si_addr;
  for (int number = 0; number < WATCH_COUNT && info->si_code > 0; number++) {
    struct watch *watch = &watches[number];
    uintptr_t first = atomic_load(&watch->first);
    if (first == 0 || address < first || address >= atomic_load(&watch->end)) continue;
    uintptr_t page = (address - first) / page_size;
    atomic_fetch_or(&atomic_load(&watch->lost)[page / 8], 1u << page % 8);
    atomic_fetch_add(&watch->lost_count, 1);
    void *place = (void *)(first + page * page_size);
    if (mmap(place, page_size, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != place) break;
    errno = saved;
    return;
  }
  // The address is in no watched mapping: act as if this handler did not exist.
  if (before.sa_flags & SA_SIGINFO && before.sa_sigaction) {
    before.sa_sigaction(signal_number, info, context);
  } else {
    sigaction(SIGBUS, &before, NULL);  // the fault repeats when the handler returns
    if (info->si_code <= 0) raise(SIGBUS);
  }
  errno = saved;
}

static bool install(void) {
  static bool installed = false;
  if (installed) return true;
  page_size = (size_t)sysconf(_SC_PAGESIZE);
  struct sigaction action = {.sa_sigaction = lose_page, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  installed = sigaction(SIGBUS, NULL, &before) == 0 && sigaction(SIGBUS, &action, NULL) == 0;
  return installed;
}

int feeder_watch(const void *base, size_t byte_count) {
  int found = -1;
  pthread_mutex_lock(&making);
  for (int number = 0; number < WATCH_COUNT && install(); number++) {
    struct watch *watch = &watches[number];
    if (atomic_load(&watch->first) != 0) continue;
    _Atomic unsigned char *lost = calloc(byte_count / page_size / 8 + 1, 1);
    if (!lost) break;
    atomic_store(&watch->lost, lost);
    atomic_store(&watch->lost_count, 0);
    atomic_store(&watch->end, (uintptr_t)base + byte_count);
    watch->last = NULL;
    atomic_store(&watch->first, (uintptr_t)base);
    for (const unsigned char *byte = (const unsigned char *)base + byte_count; byte-- > (const unsigned char *)base;) {
      if (*byte) {
        watch->last = byte;
        break;
      }
    }
    found = number;
    break;
  }
  pthread_mutex_unlock(&making);
  return found;
}

void feeder_unwatch(int number) {
  if (number < 0) return;
  pthread_mutex_lock(&making);
  atomic_store(&watches[number].first, 0);
  free((void *)atomic_exchange(&watches[number].lost, NULL));
  pthread_mutex_unlock(&making);
}

bool feeder_is_lost(int number, const void *start, size_t byte_count) {
  if (number < 0 || byte_count == 0) return false;
  struct watch *watch = &watches[number];
  if (watch->last && *watch->last == 0) return true;
  if (atomic_load_explicit(&watch->lost_count, memory_order_relaxed) == 0) return false;
  uintptr_t first = atomic_load(&watch->first);
  uintptr_t begin = ((uintptr_t)start - first) / page_size;
  uintptr_t end = ((uintptr_t)start + byte_count - 1 - first) / page_size;
  for (uintptr_t page = begin; page <= end; page++) {
    if (atomic_load(&atomic_load(&watch->lost)[page / 8]) >> page % 8 & 1) return true;
  }
  return false;
}
