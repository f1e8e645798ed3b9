// Adapts the process to its own limits before any library's initializer runs, because those end the process if memory
// is missing.
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const rlim_t mebibyte = 1 << 20;
/// A limit of address space or data below this is tight.
static const rlim_t tight_bytes = 8ull << 30;
/// Stack of a thread below a tight limit, which counts the whole stack before its use.
static const size_t small_stack = 2 << 20;
/// Bytes that the libraries' initializers and the first threads need.
static const rlim_t start_bytes = 96 << 20;

/// Prints one line on stderr and ends the process.
__attribute__((noreturn, format(printf, 1, 2))) static void refuse(const char *format, ...) {
  char line[400];
  va_list arguments;
  va_start(arguments, format);
  const int count = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  const ssize_t written = count > 0 ? write(STDERR_FILENO, line, (size_t)count) : 0;
  (void)written;  // nothing can be done if stderr is closed
  _exit(1);
}

static rlim_t soft_limit(int resource) {
  struct rlimit limit;
  return getrlimit(resource, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

/// Makes all threads share one heap, because each further heap takes 64 MiB of address space, and gives them small
/// stacks.
static void save_address_space(void) {
  mallopt(M_ARENA_MAX, 1);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  if (pthread_attr_setstacksize(&attributes, small_stack) == 0) pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

/// Ends the process if `limit` leaves too little beside the `pages` in use.
static void check_room(rlim_t limit, long long pages, const char *name, const char *option) {
  const rlim_t used = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
  if (limit == RLIM_INFINITY || limit >= used + start_bytes) return;
  // The present limit is rounded down and the need rounded up, so the two numbers are never equal.
  refuse(
      "feeder: the limit of %s is %llu MiB, and Feeder needs %llu before it reads anything: raise it with ulimit %s\n",
      name, (unsigned long long)(limit / mebibyte),
      (unsigned long long)((used + start_bytes + mebibyte - 1) / mebibyte), option);
}

static void check_memory(rlim_t space, rlim_t data) {
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char text[256];
  const ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return;
  text[count] = 0;
  long long space_pages = 0, data_pages = 0;
  if (sscanf(text, "%lld %*d %*d %*d %*d %lld", &space_pages, &data_pages) != 2) return;
  check_room(space, space_pages, "address space", "-v");
  check_room(data, data_pages, "data", "-d");
}

static void fit(int count, char **arguments, char **environment) {
  (void)count, (void)arguments, (void)environment;
  const rlim_t space = soft_limit(RLIMIT_AS), data = soft_limit(RLIMIT_DATA);
  if (space < tight_bytes || data < tight_bytes) save_address_space();
  check_memory(space, data);
}

/// The dynamic linker calls these before all initializers, only for the program itself.
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = fit;
