// tmpcopyup: what was at a mount point is copied into the tmpfs that will cover it.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "init.h"
#include "sys.h"

enum { MAX_DEPTH = 128 };

static int copy_data(int from, int to) {
  for (;;) {
    ssize_t sent = sendfile(to, from, NULL, 1 << 20);
    if (sent == 0) return 0;
    if (sent < 0 && errno != EINTR) return -errno;
  }
}

static int copy_attributes(int from, int to) {
  char names[4096], value[4096];
  ssize_t length = flistxattr(from, names, sizeof(names));
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
    ssize_t size = fgetxattr(from, names + at, value, sizeof(value));
    // A tmpfs takes some of them only, as every copy there.
    if (size >= 0) fsetxattr(to, names + at, value, (size_t)size, 0);
  }
  return 0;
}

// The entry was opened without regard to what it is; what it is now known to be can be read by the same descriptor.
static int open_again(int entry, int flags) {
  char link[32];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", entry);
  int fd = open(link, flags | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int copy_file(int entry, int to_dir, const char *name, const struct stat *status) {
  int from = open_again(entry, O_RDONLY);
  if (from < 0) return from;
  int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int result = to < 0 ? -errno : copy_data(from, to);
  if (result == 0 && fchown(to, status->st_uid, status->st_gid) < 0) result = -errno;
  if (result == 0 && fchmod(to, status->st_mode & 07777) < 0) result = -errno;
  if (result == 0) result = copy_attributes(from, to);
  if (to >= 0) close(to);
  close(from);
  return result;
}

static int copy_link(int entry, int to_dir, const char *name) {
  char text[4096];
  ssize_t length = readlinkat(entry, "", text, sizeof(text) - 1);
  if (length < 0) return -errno;
  text[length] = 0;
  return symlinkat(text, to_dir, name) < 0 ? -errno : 0;
}

static int copy_below(int from, int to, int depth);

static int copy_directory(int entry, int to_dir, const char *name, const struct stat *status, int depth) {
  if (mkdirat(to_dir, name, 0700) < 0) return -errno;
  int from = openat(entry, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int result = from < 0 || to < 0 ? -errno : copy_below(from, to, depth + 1);
  if (result == 0 && fchown(to, status->st_uid, status->st_gid) < 0) result = -errno;
  if (result == 0 && fchmod(to, status->st_mode & 07777) < 0) result = -errno;
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  return result;
}

static int copy_opened(int entry, int to_dir, const char *name, int depth) {
  struct stat status;
  if (fstat(entry, &status) < 0) return -errno;
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
      return copy_file(entry, to_dir, name, &status);
    case S_IFDIR:
      return copy_directory(entry, to_dir, name, &status, depth);
    case S_IFLNK: {
      int result = copy_link(entry, to_dir, name);
      if (result < 0) return result;
      break;
    }
    case S_IFSOCK:
      return 0;
    default:
      if (mknodat(to_dir, name, status.st_mode, status.st_rdev) < 0) return -errno;
  }
  return fchownat(to_dir, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

// Opened once, and by nothing that acts on it (O_PATH): all that follows is about the same file, whatever the
// rootfs puts in its place meanwhile.
static int copy_entry(int from_dir, int to_dir, const char *name, int depth) {
  int entry = openat(from_dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (entry < 0) return errno == ENOENT ? 0 : -errno;
  int result = copy_opened(entry, to_dir, name, depth);
  close(entry);
  return result;
}

static int copy_below(int from, int to, int depth) {
  if (depth > MAX_DEPTH) return -ELOOP;
  int again = fcntl(from, F_DUPFD_CLOEXEC, 0);
  DIR *entries = again < 0 ? NULL : fdopendir(again);
  if (entries == NULL) return -errno;
  int result = 0;
  struct dirent *entry;
  while (result == 0 && (entry = readdir(entries)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    result = copy_entry(from, to, entry->d_name, depth);
    if (result < 0) fail(result, "copy `%s`", entry->d_name);
  }
  closedir(entries);
  return result;
}

int copy_up(int target, int mount) {
  struct stat status;
  if (fstat(target, &status) < 0) return -errno;
  int from = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int to = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = from < 0 || to < 0 ? -errno : copy_below(from, to, 0);
  if (result == 0 && fchown(to, status.st_uid, status.st_gid) < 0) result = -errno;
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  return result;
}
