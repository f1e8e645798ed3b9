// A disk that fails when it is told to: loaded into a program by LD_PRELOAD, it counts what the program does to files of one folder
// and lets one of these calls fail, or never return. For tests and tools/torture; compiled by `FaultyDisk`.
//
// FAULTY_FOLDER  whole path of the folder whose files count
// FAULTY_AT      which call fails, counted from 1 in each process; 0 for none
// FAULTY_ERRNO   the error, as 28 (no space) or 5 (input/output error); "kill": the program is killed in its place;
//                "power": it is killed, and what it wrote to files and did not sync reads as zeros
// FAULTY_LOG     a file: a line a call (number, name, path), added to
// FAULTY_STUCK   NAME:N: the Nth opening of a file whose path ends in NAME never returns
// FAULTY_UNREADABLE  NAME: a file whose path ends in NAME cannot be opened (input/output error)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int count, openings;

static bool is_inside(const char *path) {
  const char *folder = getenv("FAULTY_FOLDER");
  return folder && strncmp(path, folder, strlen(folder)) == 0;
}

// Files with bytes that no fsync has followed yet.
enum { DIRTY_COUNT = 64 };
static char dirty[DIRTY_COUNT][PATH_MAX];
static pthread_mutex_t dirty_lock = PTHREAD_MUTEX_INITIALIZER;

// Replaces the name `from` by `to`: "" to any adds one, one to "" removes it.
static void rename_dirty(const char *from, const char *to) {
  pthread_mutex_lock(&dirty_lock);
  bool is_known = false;
  for (int i = 0; i < DIRTY_COUNT; i++) is_known |= *to && strcmp(dirty[i], to) == 0;
  for (int i = 0; i < DIRTY_COUNT; i++) {
    if (strcmp(dirty[i], from) != 0 || (!*from && is_known)) continue;
    snprintf(dirty[i], PATH_MAX, "%s", to);
    break;
  }
  pthread_mutex_unlock(&dirty_lock);
}

static void cut_power(void) {
  for (int i = 0; i < DIRTY_COUNT; i++) {
    struct stat status;
    if (!*dirty[i] || stat(dirty[i], &status) != 0) continue;
    if (syscall(SYS_truncate, dirty[i], 0) == 0) syscall(SYS_truncate, dirty[i], status.st_size);
  }
}

// True where this call on `path` is the one that fails; errno is set.
static bool fails(const char *call, const char *path) {
  if (!is_inside(path)) return false;
  int number = atomic_fetch_add(&count, 1) + 1;
  const char *log = getenv("FAULTY_LOG");
  if (log) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%d %s %s\n", number, call, path);
    int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) {
      syscall(SYS_write, file, line, length);
      syscall(SYS_close, file);
    }
  }
  const char *at = getenv("FAULTY_AT"), *error = getenv("FAULTY_ERRNO");
  if (!at || atoi(at) != number) return false;
  if (error && strcmp(error, "power") == 0) cut_power();
  if (error && (strcmp(error, "power") == 0 || strcmp(error, "kill") == 0)) kill(getpid(), SIGKILL);
  errno = error ? atoi(error) : EIO;
  return true;
}

// The path of an open file; false where it has none.
static bool path_of(int file, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return false;
  path[length] = 0;
  return true;
}

static bool fails_at(const char *call, int file) {
  char path[PATH_MAX];
  if (!path_of(file, path)) return false;
  if (fails(call, path)) return true;
  bool is_sync = strstr(call, "sync") != NULL;
  if (is_inside(path)) rename_dirty(is_sync ? path : "", is_sync ? "" : path);
  return false;
}

// A path from where the program stands, as a whole one.
static const char *whole(const char *path, char *room) {
  if (path[0] == '/' || !getcwd(room, PATH_MAX)) return path;
  size_t length = strlen(room);
  snprintf(room + length, PATH_MAX - length, "/%s", path);
  return room;
}

static bool ends_in(const char *path, const char *name, size_t length) {
  size_t all = strlen(path);
  return all >= length && strncmp(path + all - length, name, length) == 0;
}

static bool is_unreadable(const char *path) {
  const char *name = getenv("FAULTY_UNREADABLE");
  if (!name || !ends_in(path, name, strlen(name))) return false;
  errno = EIO;
  return true;
}

static void get_stuck(const char *path) {
  const char *stuck = getenv("FAULTY_STUCK");
  const char *colon = stuck ? strrchr(stuck, ':') : NULL;
  if (!colon) return;
  if (!ends_in(path, stuck, (size_t)(colon - stuck))) return;
  if (atomic_fetch_add(&openings, 1) + 1 != atoi(colon + 1)) return;
  while (true) pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                             \
  int name(const char *path, int flags, ...) {                                 \
    mode_t mode = 0;                                                           \
    if (flags & (O_CREAT | O_TMPFILE)) {                                       \
      va_list rest;                                                            \
      va_start(rest, flags);                                                   \
      mode = va_arg(rest, mode_t);                                             \
      va_end(rest);                                                            \
    }                                                                          \
    char room[PATH_MAX];                                                       \
    get_stuck(path);                                                           \
    if (is_unreadable(path)) return -1;                                        \
    if ((flags & O_CREAT) && fails("open", whole(path, room))) return -1;      \
    return REAL(name)(path, flags, mode);                                      \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t n) { return fails_at("write", file) ? -1 : REAL(write)(file, bytes, n); }
ssize_t pwrite(int file, const void *bytes, size_t n, off_t at) {
  return fails_at("pwrite", file) ? -1 : REAL(pwrite)(file, bytes, n, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at) {
  return fails_at("pwrite", file) ? -1 : REAL(pwrite64)(file, bytes, n, at);
}
int fsync(int file) { return fails_at("fsync", file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return fails_at("fdatasync", file) ? -1 : REAL(fdatasync)(file); }
int ftruncate(int file, off_t n) { return fails_at("ftruncate", file) ? -1 : REAL(ftruncate)(file, n); }
int ftruncate64(int file, off64_t n) { return fails_at("ftruncate", file) ? -1 : REAL(ftruncate64)(file, n); }
int rename(const char *from, const char *to) {
  char room[PATH_MAX], other[PATH_MAX];
  if (fails("rename", whole(to, room))) return -1;
  rename_dirty(whole(from, other), whole(to, room));
  return REAL(rename)(from, to);
}
int link(const char *from, const char *to) {
  char room[PATH_MAX];
  return fails("link", whole(to, room)) ? -1 : REAL(link)(from, to);
}
int mkdir(const char *path, mode_t mode) {
  char room[PATH_MAX];
  return fails("mkdir", whole(path, room)) ? -1 : REAL(mkdir)(path, mode);
}
