// Calls what wasi-libc has no function for, below the preopened directory of its argument, by preview 1's own names.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

// Not in every release's <wasi/api.h>.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int signal);

#define EXPECT(call, errno)                                                        \
  do {                                                                             \
    int got = (call);                                                              \
    if (got != (errno)) {                                                          \
      fprintf(stderr, "line %d: %s is %d, not %d\n", __LINE__, #call, got, errno); \
      exit(1);                                                                     \
    }                                                                              \
  } while (0)

enum { OK = 0, CLOSED = 99 };

static int make(const char *name) {
  int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0666);
  EXPECT(fd < 0, 0);
  return fd;
}

static __wasi_errno_t put(int fd, const char *text) {
  __wasi_ciovec_t part = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t written;
  return __wasi_fd_write(fd, &part, 1, &written);
}

static long long size(int fd) {
  __wasi_filestat_t status;
  EXPECT(__wasi_fd_filestat_get(fd, &status), OK);
  return (long long)status.size;
}

static void storage(int fd) {
  for (int advice = 0; advice <= 5; advice++) EXPECT(__wasi_fd_advise(fd, 0, 10, (__wasi_advice_t)advice), OK);
  EXPECT(__wasi_fd_advise(fd, 0, 10, (__wasi_advice_t)6), __WASI_ERRNO_INVAL);
  // A hint about what can't be there is heeded by nobody.
  EXPECT(__wasi_fd_advise(fd, 1ULL << 63, 10, 0), OK);
  EXPECT(__wasi_fd_advise(fd, 0, ~0ULL, 0), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_advise(CLOSED, 0, 10, 0), __WASI_ERRNO_BADF);

  EXPECT(put(fd, "12345"), OK);
  EXPECT(__wasi_fd_allocate(fd, 0, 3), OK);
  EXPECT(size(fd) != 5, 0);
  EXPECT(__wasi_fd_allocate(fd, 100, 50), OK);
  EXPECT(size(fd) != 150, 0);
  EXPECT(__wasi_fd_allocate(fd, 0, 0), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_allocate(fd, 1, ~0ULL >> 1), __WASI_ERRNO_FBIG);
  EXPECT(__wasi_fd_allocate(fd, 0, ~0ULL), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_allocate(fd, ~0ULL, 1), __WASI_ERRNO_INVAL);
  EXPECT(size(fd) != 150, 0);
  EXPECT(__wasi_fd_allocate(CLOSED, 0, 1), __WASI_ERRNO_BADF);

  EXPECT(__wasi_fd_datasync(fd), OK);
  EXPECT(__wasi_fd_sync(fd), OK);
  EXPECT(__wasi_fd_datasync(CLOSED), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_sync(CLOSED), __WASI_ERRNO_BADF);
}

static void times(int fd) {
  const __wasi_fstflags_t both = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;
  __wasi_filestat_t status;
  EXPECT(__wasi_fd_filestat_set_times(fd, 1000000000007, 2000000000009, both), OK);
  EXPECT(__wasi_fd_filestat_get(fd, &status), OK);
  EXPECT(status.atim != 1000000000007 || status.mtim != 2000000000009, 0);
  EXPECT(__wasi_fd_filestat_set_times(fd, 5, 6, __WASI_FSTFLAGS_ATIM), OK);
  EXPECT(__wasi_fd_filestat_get(fd, &status), OK);
  EXPECT(status.atim != 5 || status.mtim != 2000000000009, 0);
  EXPECT(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW), OK);
  EXPECT(__wasi_fd_filestat_get(fd, &status), OK);
  EXPECT(status.mtim < 1600000000000000000, 0);
  EXPECT(__wasi_fd_filestat_set_times(fd, 0, 0, both | __WASI_FSTFLAGS_ATIM_NOW), __WASI_ERRNO_INVAL);
  EXPECT(__wasi_fd_filestat_set_times(CLOSED, 0, 0, both), __WASI_ERRNO_BADF);
}

static void rights(int fd) {
  __wasi_fdstat_t status;
  EXPECT(__wasi_fd_fdstat_get(fd, &status), OK);
  const __wasi_rights_t less = status.fs_rights_base & ~(__wasi_rights_t)__WASI_RIGHTS_FD_WRITE;
  EXPECT(__wasi_fd_fdstat_set_rights(fd, less, status.fs_rights_inheriting), OK);
  EXPECT(put(fd, "x"), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_fdstat_set_rights(fd, status.fs_rights_base, status.fs_rights_inheriting), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_fdstat_get(fd, &status), OK);
  EXPECT(status.fs_rights_base != less, 0);
  EXPECT(__wasi_fd_fdstat_set_rights(CLOSED, 0, 0), __WASI_ERRNO_BADF);

  EXPECT(__wasi_fd_fdstat_set_rights(fd, 0, 0), OK);
  EXPECT(__wasi_fd_advise(fd, 0, 1, 0), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_allocate(fd, 0, 1), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_datasync(fd), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_sync(fd), __WASI_ERRNO_NOTCAPABLE);
  EXPECT(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW), __WASI_ERRNO_NOTCAPABLE);
  // Renumbering and closing take no right.
  EXPECT(__wasi_fd_renumber(fd, fd), OK);
  EXPECT(__wasi_fd_close(fd), OK);
}

static void directory(void) {
  int fd = open(".", O_RDONLY | O_DIRECTORY);
  EXPECT(fd < 0, 0);
  EXPECT(__wasi_fd_allocate(fd, 0, 1), __WASI_ERRNO_ISDIR);
  EXPECT(__wasi_fd_sync(fd), OK);
  EXPECT(__wasi_fd_filestat_set_times(fd, 3000000000011, 0, __WASI_FSTFLAGS_ATIM), OK);
  __wasi_filestat_t status;
  EXPECT(__wasi_fd_filestat_get(fd, &status), OK);
  EXPECT(status.atim != 3000000000011, 0);
  EXPECT(__wasi_fd_close(fd), OK);
}

static void renumber(void) {
  int from = make("from"), to = make("to");
  struct stat status;
  EXPECT(put(from, "from"), OK);
  EXPECT(__wasi_fd_renumber(from, to), OK);
  EXPECT(put(from, "x"), __WASI_ERRNO_BADF);
  EXPECT(put(to, "more"), OK);
  EXPECT(stat("from", &status) != 0 || status.st_size != 8, 0);
  EXPECT(stat("to", &status) != 0 || status.st_size != 0, 0);
  EXPECT(__wasi_fd_renumber(to, to), OK);
  EXPECT(__wasi_fd_renumber(CLOSED, to), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_renumber(to, CLOSED), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_close(to), OK);
}

// The last of all: the libc doesn't find the preopened directory any more.
static void renumber_preopen(void) {
  enum { PREOPEN = 3 };
  __wasi_prestat_t prestat;
  int moved = make("moved"), file = make("last");
  EXPECT(__wasi_fd_prestat_get(PREOPEN, &prestat), OK);
  EXPECT(__wasi_fd_renumber(PREOPEN, moved), OK);
  EXPECT(__wasi_fd_prestat_get(PREOPEN, &prestat), __WASI_ERRNO_BADF);
  EXPECT(__wasi_fd_prestat_get(moved, &prestat), OK);
  EXPECT(__wasi_path_create_directory(moved, "moved-still-works"), OK);
  EXPECT(__wasi_path_remove_directory(moved, "moved-still-works"), OK);
  // Over a preopened directory, which is none any more.
  EXPECT(__wasi_fd_renumber(file, moved), OK);
  EXPECT(__wasi_fd_prestat_get(moved, &prestat), __WASI_ERRNO_BADF);
  EXPECT(__wasi_path_create_directory(moved, "none"), __WASI_ERRNO_NOTDIR);
  EXPECT(put(moved, "x"), OK);
}

static void chance(void) {
  static const uint8_t nothing[64];
  uint8_t bytes[64] = {0};
  EXPECT(__wasi_random_get(bytes, sizeof bytes), OK);
  EXPECT(memcmp(bytes, nothing, sizeof bytes) == 0, 0);
}

int main(int argc, char **argv) {
  if (argc > 2) return proc_raise(atoi(argv[2]));
  EXPECT(argc < 2 || chdir(argv[1]) != 0, 0);
  int fd = make("file");
  storage(fd);
  times(fd);
  rights(fd);
  directory();
  renumber();
  chance();
  EXPECT(__wasi_sched_yield(), OK);
  renumber_preopen();
  puts("descriptors ok");
  return 0;
}
