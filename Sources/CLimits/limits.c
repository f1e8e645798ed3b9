// Fits the process to its own limits before the initializers of any library run: those end the process if memory runs out.
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const rlim_t mebibyte = 1 << 20;
/// A smaller limit of address space or data than this is tight.
static const rlim_t tight_bytes = 8ull << 30;
/// Stack of a thread below a tight limit, which counts the whole of it before it is used.
static const size_t small_stack = 2 << 20;
/// What the libraries' initializers and the first threads take.
static const rlim_t start_bytes = 96 << 20;

/// One line on stderr, and the end.
__attribute__((noreturn, format(printf, 1, 2))) static void refuse(const char *format, ...) {
  char line[400];
  va_list arguments;
  va_start(arguments, format);
  const int count = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  const ssize_t written = count > 0 ? write(STDERR_FILENO, line, (size_t)count) : 0;
  (void)written;  // nobody is left to be told
  _exit(1);
}

static rlim_t soft_limit(int resource) {
  struct rlimit limit;
  return getrlimit(resource, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

/// Lets all threads share one heap, since each further one takes 64 MiB of address space, and have small stacks.
static void save_address_space(void) {
  mallopt(M_ARENA_MAX, 1);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  if (pthread_attr_setstacksize(&attributes, small_stack) == 0) pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

/// Refuses a `limit` that leaves too little beside the `pages` that are taken.
static void check_room(rlim_t limit, long long pages, const char *name, const char *option) {
  const rlim_t used = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
  if (limit == RLIM_INFINITY || limit >= used + start_bytes) return;
  // What there is, rounded down, and what is needed, rounded up, are never the same number.
  refuse("feeder: the limit of %s is %llu MiB, and Feeder needs %llu before it reads anything: raise it with ulimit %s\n", name,
         (unsigned long long)(limit / mebibyte), (unsigned long long)((used + start_bytes + mebibyte - 1) / mebibyte), option);
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

/// The dynamic linker calls these first of all, for the program alone.
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = fit;
