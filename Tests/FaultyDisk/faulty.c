// A disk that fails on request. Loaded into a program by LD_PRELOAD, it counts the program's calls on the files of one folder and makes
// one of them fail or never return. For tests and tools/torture; `FaultyDisk` compiles it.
//
// FAULTY_FOLDER  absolute path of the folder whose files are counted
// FAULTY_AT      number of the call that fails, from 1 in each process; 0 for none
// FAULTY_ERRNO   the error, such as 28 (no space) or 5 (input/output error); "kill": the program is killed instead;
//                "power": it is killed, bytes in files that it did not sync read as zeros, and names that it made, changed or
//                removed in a folder that it did not sync afterwards are as before
// FAULTY_LOG     a file to which one line per call is appended (number, name, path)
// FAULTY_STUCK   NAME:N: opening number N of a file whose path ends in NAME never returns
// FAULTY_UNREADABLE  NAME: a file whose path ends in NAME cannot be opened (input/output error)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
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

static bool is_power_cut(void) {
  const char *error = getenv("FAULTY_ERRNO");
  return error && strcmp(error, "power") == 0;
}

// Locked while files and names change. A power cut never unlocks it.
static pthread_mutex_t disk = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

// Files with bytes that are not synced yet.
enum { DIRTY_COUNT = 64 };
static char dirty[DIRTY_COUNT][PATH_MAX];

// Replaces the name `from` by `to`. If `from` is "", adds `to`; if `to` is "", removes `from`.
static void rename_dirty(const char *from, const char *to) {
  pthread_mutex_lock(&disk);
  bool is_known = false;
  for (int i = 0; i < DIRTY_COUNT; i++) is_known |= *to && strcmp(dirty[i], to) == 0;
  for (int i = 0; i < DIRTY_COUNT; i++) {
    if (strcmp(dirty[i], from) != 0 || (!*from && is_known)) continue;
    snprintf(dirty[i], PATH_MAX, "%s", to);
    break;
  }
  pthread_mutex_unlock(&disk);
}

// Changes of names in folders that are not synced yet, the newest last. Kept only for a power cut.
enum { CHANGE_COUNT = 256 };
static struct {
  char name[PATH_MAX];
  char from[PATH_MAX];  // the former name of a renamed file; else ""
  char old[PATH_MAX];   // a hidden name of the file that had `name` before; "" if none had
} changes[CHANGE_COUNT];
static int change_count;

// Makes a new hidden name beside the folder whose files are counted.
static void hide(char *path) {
  static int number;
  const char *folder = getenv("FAULTY_FOLDER");
  int length = (int)(strrchr(folder, '/') - folder);
  snprintf(path, PATH_MAX, "%.*s/.faulty-%d-%d", length, folder, getpid(), number++);
}

// Called before a file loses `name`: gives the file a hidden name as well.
static void keep_old(const char *name, char *old) {
  *old = 0;
  if (!is_power_cut() || !is_inside(name)) return;
  hide(old);
  if (syscall(SYS_linkat, AT_FDCWD, name, AT_FDCWD, old, 0) != 0) *old = 0;
}

static void note_change(const char *name, const char *from, const char *old) {
  if (!is_power_cut() || !is_inside(name)) return;
  if (change_count == CHANGE_COUNT) abort();
  snprintf(changes[change_count].name, PATH_MAX, "%s", name);
  snprintf(changes[change_count].from, PATH_MAX, "%s", from);
  snprintf(changes[change_count++].old, PATH_MAX, "%s", old);
}

static bool is_in_folder(const char *name, const char *folder) {
  size_t length = strlen(folder);
  return strncmp(name, folder, length) == 0 && name[length] == '/' && !strchr(name + length + 1, '/');
}

// Notes that all changes in the folder `path`, or of the single name `path`, are on the disk.
static void settle(const char *path, bool is_folder) {
  int left = 0;
  for (int i = 0; i < change_count; i++) {
    if (is_folder ? is_in_folder(changes[i].name, path) : strcmp(changes[i].name, path) == 0) {
      if (*changes[i].old) syscall(SYS_unlinkat, AT_FDCWD, changes[i].old, 0);
    } else {
      if (left != i) changes[left] = changes[i];
      left++;
    }
  }
  change_count = left;
}

// Called after a sync of `path`. With the bytes of a new file, ext4, xfs and btrfs write its name as well, but not a rename.
static void settle_synced(int file, const char *path) {
  struct stat status;
  if (fstat(file, &status) != 0) return;
  pthread_mutex_lock(&disk);
  bool is_folder = S_ISDIR(status.st_mode), is_made = false;
  for (int i = 0; i < change_count; i++) {
    if (strcmp(changes[i].name, path) == 0) is_made = !*changes[i].from && !*changes[i].old;
  }
  if (is_folder || is_made) settle(path, is_folder);
  pthread_mutex_unlock(&disk);
}

static void cut_power(void) {
  pthread_mutex_lock(&disk);
  for (int i = 0; i < DIRTY_COUNT; i++) {
    struct stat status;
    if (!*dirty[i] || stat(dirty[i], &status) != 0) continue;
    if (syscall(SYS_truncate, dirty[i], 0) == 0) syscall(SYS_truncate, dirty[i], status.st_size);
  }
  while (change_count-- > 0) {
    const char *name = changes[change_count].name, *from = changes[change_count].from, *old = changes[change_count].old;
    // A file that was made under the old name afterwards, and synced, stays.
    if (*from) syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, from, RENAME_NOREPLACE);
    if (*old) {
      syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, name, 0);
    } else if (syscall(SYS_unlinkat, AT_FDCWD, name, 0) != 0 && errno == EISDIR) {
      char lost[PATH_MAX];  // a folder is lost with all its contents, synced or not
      hide(lost);
      syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, lost, 0);
    }
  }
}

// True if this call on `path` is the one that fails. Sets errno.
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
  if (is_power_cut()) cut_power();
  if (is_power_cut() || (error && strcmp(error, "kill") == 0)) kill(getpid(), SIGKILL);
  errno = error ? atoi(error) : EIO;
  return true;
}

// The path of an open file; false if it has none.
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

// `path` as an absolute path.
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
  if (write(STDERR_FILENO, "faulty: stuck\n", 14) < 0) abort();
  while (true) pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                   \
  int name(const char *path, int flags, ...) {                       \
    mode_t mode = 0;                                                 \
    if (flags & (O_CREAT | O_TMPFILE)) {                             \
      va_list rest;                                                  \
      va_start(rest, flags);                                         \
      mode = va_arg(rest, mode_t);                                   \
      va_end(rest);                                                  \
    }                                                                \
    char room[PATH_MAX];                                             \
    get_stuck(path);                                                 \
    if (is_unreadable(path)) return -1;                              \
    if (!(flags & O_CREAT)) return REAL(name)(path, flags, mode);    \
    if (fails("open", whole(path, room))) return -1;                 \
    pthread_mutex_lock(&disk);                                       \
    bool is_new = access(path, F_OK) != 0;                           \
    int file = REAL(name)(path, flags, mode);                        \
    if (file >= 0 && is_new) note_change(whole(path, room), "", ""); \
    pthread_mutex_unlock(&disk);                                     \
    return file;                                                     \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t n) {
  return fails_at("write", file) ? -1 : REAL(write)(file, bytes, n);
}
ssize_t pwrite(int file, const void *bytes, size_t n, off_t at) {
  return fails_at("pwrite", file) ? -1 : REAL(pwrite)(file, bytes, n, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at) {
  return fails_at("pwrite", file) ? -1 : REAL(pwrite64)(file, bytes, n, at);
}
#define SYNC(name)                                                     \
  int name(int file) {                                                 \
    char path[PATH_MAX];                                               \
    if (fails_at(#name, file)) return -1;                              \
    int result = REAL(name)(file);                                     \
    if (result == 0 && path_of(file, path)) settle_synced(file, path); \
    return result;                                                     \
  }
SYNC(fsync)
SYNC(fdatasync)
int ftruncate(int file, off_t n) { return fails_at("ftruncate", file) ? -1 : REAL(ftruncate)(file, n); }
int ftruncate64(int file, off64_t n) { return fails_at("ftruncate", file) ? -1 : REAL(ftruncate64)(file, n); }

int rename(const char *from, const char *to) {
  char room[PATH_MAX], other[PATH_MAX], old[PATH_MAX];
  from = whole(from, other);
  to = whole(to, room);
  if (fails("rename", to)) return -1;
  pthread_mutex_lock(&disk);
  keep_old(to, old);
  int result = REAL(rename)(from, to);
  if (result == 0) {
    note_change(to, from, old);
    rename_dirty(to, old);
    rename_dirty(from, to);
  }
  pthread_mutex_unlock(&disk);
  return result;
}
// Never fails and is not counted.
int unlink(const char *path) {
  char room[PATH_MAX], old[PATH_MAX];
  path = whole(path, room);
  pthread_mutex_lock(&disk);
  keep_old(path, old);
  int result = REAL(unlink)(path);
  if (result == 0) {
    note_change(path, "", old);
    rename_dirty(path, old);
  }
  pthread_mutex_unlock(&disk);
  return result;
}

#define MAKE_NAME(call, path, ...)                         \
  char room[PATH_MAX];                                     \
  if (fails(#call, whole(path, room))) return -1;          \
  pthread_mutex_lock(&disk);                               \
  int result = REAL(call)(__VA_ARGS__);                    \
  if (result == 0) note_change(whole(path, room), "", ""); \
  pthread_mutex_unlock(&disk);                             \
  return result;
int link(const char *from, const char *to) { MAKE_NAME(link, to, from, to) }
int mkdir(const char *path, mode_t mode) { MAKE_NAME(mkdir, path, path, mode) }
