// Counts the threads that the process may start.
#include <pthread.h>
#include <stdlib.h>

#include "CLimits.h"

static void *wait_for_end(void *lock) {
  pthread_mutex_lock(lock);
  pthread_mutex_unlock(lock);
  return NULL;
}

int32_t feeder_startable_threads(int32_t count) {
  if (count <= 0) return 0;
  pthread_t *threads = calloc((size_t)count, sizeof *threads);
  if (!threads) return 0;
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  int32_t started = 0;
  while (started < count && pthread_create(&threads[started], NULL, wait_for_end, &lock) == 0) started++;
  pthread_mutex_unlock(&lock);
  for (int32_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
  free(threads);
  return started;
}
