// Paths inside the rootfs. openat2(RESOLVE_IN_ROOT) resolves what exists; what is missing is made component
// by component from descriptors, so that no swapped directory or link can lead out of the rootfs.
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "init.h"
#include "sys.h"

enum { MAX_LINKS = 40, MAX_DEPTH = 256 };

static int open_existing(const char *path, int flags) {
  struct open_how_ how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  int fd;
  // EAGAIN: a rename or mount elsewhere raced with "..": the kernel asks to try again.
  for (int tries = 0; tries < 128; tries++) {
    fd = sys_openat2(init.root, path, &how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd < 0 ? -errno : fd;
}

// A walk keeps the directories that it came through: ".." goes back to the one before, never above the root.
struct walk {
  int stack[MAX_DEPTH];
  int depth;
  int links;
  char rest[PATH_MAX];
};

static void walk_end(struct walk *walk) {
  while (walk->depth > 0) close(walk->stack[--walk->depth]);
}

static int walk_top(const struct walk *walk) {
  return walk->depth > 0 ? walk->stack[walk->depth - 1] : init.root;
}

// Puts a link's text before what is left of the path.
static int walk_splice(struct walk *walk, int link) {
  char text[PATH_MAX];
  if (++walk->links > MAX_LINKS) return -ELOOP;
  ssize_t length = readlinkat(link, "", text, sizeof(text) - 1);
  if (length < 0) return -errno;
  text[length] = 0;
  if (text[0] == '/') walk_end(walk);
  size_t rest = strlen(walk->rest);
  if ((size_t)length + 1 + rest + 1 > sizeof(walk->rest)) return -ENAMETOOLONG;
  memmove(walk->rest + length + 1, walk->rest, rest + 1);
  memcpy(walk->rest, text, (size_t)length);
  walk->rest[length] = '/';
  return 0;
}

// Takes the next component off the path: 1, or 0 at its end, or -errno.
static int walk_component(struct walk *walk, char *name) {
  char *start = walk->rest;
  while (*start == '/') start++;
  size_t length = strcspn(start, "/");
  if (length == 0) return 0;
  if (length > NAME_MAX) return -ENAMETOOLONG;
  memcpy(name, start, length);
  name[length] = 0;
  start += length;
  while (*start == '/') start++;
  memmove(walk->rest, start, strlen(start) + 1);
  return 1;
}

static int make(int parent, const char *name, bool last, enum create create) {
  if (create == CREATE_NOTHING) return -ENOENT;
  if (last && create == CREATE_FILE) {
    int fd = openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
    if (fd >= 0) close(fd);
    return fd < 0 && errno != EEXIST ? -errno : 0;
  }
  return mkdirat(parent, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int walk_step(struct walk *walk, const char *name, enum create create) {
  if (strcmp(name, ".") == 0) return 0;
  if (strcmp(name, "..") == 0) {
    if (walk->depth > 0) close(walk->stack[--walk->depth]);
    return 0;
  }
  int parent = walk_top(walk);
  int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    int made = make(parent, name, walk->rest[0] == 0, create);
    if (made < 0) return made;
    fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  }
  if (fd < 0) return -errno;
  struct stat status;
  if (fstat(fd, &status) < 0 || S_ISLNK(status.st_mode)) {
    int result = walk_splice(walk, fd);
    close(fd);
    return result;
  }
  if (walk->depth == MAX_DEPTH) {
    close(fd);
    return -ENAMETOOLONG;
  }
  walk->stack[walk->depth++] = fd;
  return 0;
}

static int walk_path(const char *path, enum create create) {
  static struct walk walk;
  char name[NAME_MAX + 1];
  walk.depth = walk.links = 0;
  if (strlen(path) >= sizeof(walk.rest)) return -ENAMETOOLONG;
  strcpy(walk.rest, path);
  int result = walk_component(&walk, name);
  while (result > 0) {
    result = walk_step(&walk, name, create);
    if (result == 0) result = walk_component(&walk, name);
  }
  if (result == 0) {
    result = walk.depth > 0 ? walk.stack[--walk.depth] : fcntl(init.root, F_DUPFD_CLOEXEC, 0);
    if (result < 0) result = -errno;
  }
  walk_end(&walk);
  return result;
}

int resolve(const char *path, enum create create) {
  int fd = open_existing(path, O_PATH);
  if (fd == -ENOSYS || (fd == -ENOENT && create != CREATE_NOTHING)) return walk_path(path, create);
  return fd;
}

int resolve_parent(const char *path, const char **name) {
  static char parent[PATH_MAX];
  size_t length = strlen(path);
  if (length >= sizeof(parent)) return -ENAMETOOLONG;
  strcpy(parent, path);
  char *slash = strrchr(parent, '/');
  if (slash == NULL || slash[1] == 0) return -EINVAL;
  *slash = 0;
  *name = path + (slash + 1 - parent);
  return resolve(parent[0] == 0 ? "/" : parent, CREATE_DIRECTORY);
}

int resolve_ordinary(const char *path) {
  const char *name;
  if (strcmp(path, "/") == 0) return resolve(path, CREATE_NOTHING);
  int parent = resolve_parent(path, &name);
  if (parent < 0) return parent;
  int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && (mkdirat(parent, name, 0755) == 0 || errno == EEXIST))
    fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int result = fd < 0 ? -errno : fd;
  close(parent);
  return result;
}

int resolve_open(const char *path, int flags) {
  int fd = open_existing(path, flags);
  if (fd != -ENOSYS) return fd;
  int where = walk_path(path, CREATE_NOTHING);
  if (where < 0) return where;
  char link[32] = "/proc/self/fd/";
  int digits = 0;
  char text[12];
  for (int rest = where; rest > 0 || digits == 0; rest /= 10) text[digits++] = (char)('0' + rest % 10);
  size_t at = strlen(link);
  while (digits > 0) link[at++] = text[--digits];
  link[at] = 0;
  fd = open(link, flags | O_CLOEXEC);
  int result = fd < 0 ? -errno : fd;
  close(where);
  return result;
}
