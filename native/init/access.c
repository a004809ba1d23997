// Why a program may not be executed, or a module not be read: looked at only when it was refused, as the container's user.
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "init.h"
#include "sys.h"

enum { MAX_LINKS = 40 };

// What the ways begin at: the process's root, or a directory that will be it.
static int top = AT_FDCWD;

// Empty for the directory itself, which `.` doesn't name to those who may not enter it.
static const char *below_top(const char *seen) {
  if (top == AT_FDCWD) return seen[0] == 0 ? "/" : seen;
  return seen[0] == 0 ? "" : seen + 1;
}

static bool may(const char *seen, int mode) {
  return syscall(SYS_faccessat2, top, below_top(seen), mode, AT_EACCESS | AT_EMPTY_PATH) == 0 || errno != EACCES;
}

static bool is_directory(const char *seen) {
  struct stat status;
  return fstatat(top, below_top(seen), &status, AT_EMPTY_PATH) == 0 && S_ISDIR(status.st_mode);
}

// The way that a path takes: `seen` is resolved, `rest` is not.
struct way {
  char seen[PATH_MAX];
  char rest[PATH_MAX];
  int links;
};

static void go_up(struct way *way) {
  char *slash = strrchr(way->seen, '/');
  if (slash != NULL) *slash = 0;
}

static bool follow_link(struct way *way, const char *parent) {
  char text[PATH_MAX], rest[PATH_MAX];
  ssize_t length = readlinkat(top, below_top(way->seen), text, sizeof(text) - 1);
  if (length <= 0 || ++way->links > MAX_LINKS) return false;
  text[length] = 0;
  if ((size_t)length + 1 + strlen(way->rest) >= sizeof(rest)) return false;
  strcpy(rest, text);
  strcat(rest, "/");
  strcat(rest, way->rest);
  strcpy(way->rest, rest);
  strcpy(way->seen, text[0] == '/' ? "" : parent);
  return true;
}

// One component further; false at the end of the way or where it can't be followed.
static bool go_on(struct way *way) {
  char *start = way->rest + strspn(way->rest, "/");
  size_t length = strcspn(start, "/");
  if (length == 0) return false;
  char name[NAME_MAX + 1], parent[PATH_MAX];
  if (length > NAME_MAX || strlen(way->seen) + length + 2 > sizeof(way->seen)) return false;
  memcpy(name, start, length);
  name[length] = 0;
  memmove(way->rest, start + length, strlen(start + length) + 1);
  if (strcmp(name, ".") == 0) return true;
  if (strcmp(name, "..") == 0) {
    go_up(way);
    return true;
  }
  strcpy(parent, way->seen);
  strcat(way->seen, "/");
  strcat(way->seen, name);
  struct stat status;
  if (fstatat(top, below_top(way->seen), &status, AT_SYMLINK_NOFOLLOW) < 0) return false;
  return S_ISLNK(status.st_mode) ? follow_link(way, parent) : true;
}

static int explain_file(const char *path, const char *seen) {
  struct stat status;
  struct statvfs mount;
  if (stat(path, &status) < 0) return fail(-EACCES, "%s", path);
  if (!S_ISREG(status.st_mode)) return fail(-EACCES, "%s\n`%s` is not an ordinary file", path, seen);
  if (statvfs(path, &mount) == 0 && mount.f_flag & ST_NOEXEC)
    return fail(-EACCES, "%s\nthe mount that `%s` is on has the option noexec", path, seen);
  return fail(-EACCES, "%s\nthe file `%s` lacks the x permission for uid %u", path, seen, (unsigned)geteuid());
}

// The first directory on the way that may not be entered is the reason; else the way leads to the file.
static int explain_directories(struct way *way, const char *path) {
  do {
    if (way->rest[strspn(way->rest, "/")] == 0) break;
    if (is_directory(way->seen) && !may(way->seen, X_OK))
      return fail(-EACCES, "%s\nthe directory `%s` lacks the x permission for uid %u", path,
                  way->seen[0] == 0 ? "/" : way->seen, (unsigned)geteuid());
  } while (go_on(way));
  return 0;
}

static struct way way;

int explain_access(const char *path) {
  memset(&way, 0, sizeof(way));
  if (strlen(path) >= sizeof(way.rest)) return -EACCES;
  strcpy(way.rest, path);
  // A relative path starts where the process is.
  if (path[0] != '/' && syscall(SYS_getcwd, way.seen, sizeof(way.seen)) <= 0) way.seen[0] = 0;
  if (strcmp(way.seen, "/") == 0) way.seen[0] = 0;
  int result = explain_directories(&way, path);
  return result < 0 ? result : explain_file(path, way.seen);
}

// `root` is the container's, which the process is not in yet.
int explain_unreadable(int root, const char *path) {
  memset(&way, 0, sizeof(way));
  if (strlen(path) >= sizeof(way.rest)) return -EACCES;
  strcpy(way.rest, path);
  top = root;
  int result = explain_directories(&way, path);
  if (result == 0) {
    result = may(way.seen, R_OK) ? fail(-EACCES, "%s", path)
                                 : fail(-EACCES, "%s\nthe file `%s` lacks the r permission for uid %u", path,
                                        way.seen, (unsigned)geteuid());
  }
  top = AT_FDCWD;
  return result;
}
