// Device nodes, symbolic links and the container's terminal.
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

#define DEVPTS_MAGIC 0x1cd1
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

// Where mknod(2) is refused (a user namespace), the host's own node is bound to a file.
static int bind_device(int parent, const char *name, const char *host_path, dev_t device) {
  int source = open(host_path, O_PATH | O_CLOEXEC);
  if (source < 0) return fail(-errno, "mknod is refused, and the host's `%s`", host_path);
  struct stat status;
  if (fstat(source, &status) < 0 || status.st_rdev != device) {
    close(source);
    return fail(-ENODEV, "mknod is refused, and the host's `%s` is another device", host_path);
  }
  int file = openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
  if (file >= 0) close(file);
  int target = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int tree = sys_open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  int result = target < 0 || tree < 0 || sys_move_mount(tree, target) < 0 ? -errno : 0;
  if (tree >= 0) close(tree);
  if (target >= 0) close(target);
  close(source);
  return result;
}

int run_device(const struct step_device *step) {
  const char *path = plan_str(step->target);
  const char *name;
  int parent = resolve_parent(path, &name);
  if (parent < 0) return parent;
  mode_t mode = step->mode.value;
  dev_t device = S_ISFIFO(mode) ? 0 : makedev(step->major.value, step->minor.value);
  int result = mknodat(parent, name, mode, device) < 0 ? -errno : 0;
  if (result == 0) {
    bool own = step->uid.value == 0 && step->gid.value == 0;
    if (!own && fchownat(parent, name, step->uid.value, step->gid.value, AT_SYMLINK_NOFOLLOW) < 0) result = -errno;
    // chown(2) takes set-id bits away, mknod(2) didn't apply an umask: the mode is right.
  } else if (result == -EPERM) {
    result = bind_device(parent, name, path, device);
  } else if (result == -EEXIST) {
    struct stat status;
    bool same = fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                (status.st_mode & S_IFMT) == (mode & S_IFMT) && (S_ISFIFO(mode) || status.st_rdev == device);
    // An empty file is the mount point that an earlier run had to leave.
    bool point = !same && S_ISREG(status.st_mode) && status.st_size == 0;
    if (point) {
      result = bind_device(parent, name, path, device);
    } else {
      result = same ? 0 : fail(-EEXIST, "the rootfs holds something else there");
    }
  }
  close(parent);
  return result;
}

int run_symlink(const struct step_symlink *step) {
  const char *name;
  int parent = resolve_parent(plan_str(step->target), &name);
  if (parent < 0) return parent;
  int result = symlinkat(plan_str(step->text), parent, name) < 0 && errno != EEXIST ? -errno : 0;
  close(parent);
  return result;
}

// The master from the container's own devpts: a rootfs can't put another device in its place.
static int open_master(void) {
  int master = resolve_open("/dev/pts/ptmx", O_RDWR | O_NOCTTY);
  if (master < 0) return fail(master, "open `/dev/pts/ptmx` (a terminal needs a devpts mount at /dev/pts)");
  struct statfs system;
  struct stat status;
  if (fstatfs(master, &system) < 0 || fstat(master, &status) < 0) return -errno;
  if (system.f_type != DEVPTS_MAGIC || status.st_rdev != makedev(5, 2))
    return fail(-ENOTTY, "`/dev/pts/ptmx` is not on a devpts");
  return master;
}

static int bind_console(int slave) {
  int target = resolve("/dev/console", CREATE_FILE);
  if (target < 0) return fail(target, "make `/dev/console`");
  int tree = sys_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  int result = tree < 0 || sys_move_mount(tree, target) < 0 ? -errno : 0;
  if (tree >= 0) close(tree);
  close(target);
  return result < 0 ? fail(result, "bind the terminal to `/dev/console`") : 0;
}

int run_console(const struct step_console *step) {
  int master = open_master();
  if (master < 0) return master;
  int unlock = 0;
  if (ioctl(master, TIOCSPTLCK, &unlock) < 0) return -errno;
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return -errno;
  // What the process writes arrives as it was written: no carriage return is added (as runc).
  struct termios modes;
  if (tcgetattr(slave, &modes) < 0) return -errno;
  modes.c_oflag &= ~(tcflag_t)ONLCR;
  if (tcsetattr(slave, TCSANOW, &modes) < 0) return -errno;
  struct winsize size = {.ws_col = (unsigned short)step->columns.value, .ws_row = (unsigned short)step->rows.value};
  if (size.ws_col != 0 && ioctl(slave, TIOCSWINSZ, &size) < 0) return -errno;
  if (fchown(slave, step->uid.value, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL) return -errno;
  int result = step->bound.value ? bind_console(slave) : 0;
  if (result == 0) result = report_descriptor('T', master);
  if (result < 0) return result;
  close(master);
  if (ioctl(slave, TIOCSCTTY, 0) < 0) return fail(-errno, "make the terminal the controlling one");
  for (int fd = 0; fd < 3; fd++)
    if (dup3(slave, fd, 0) < 0) return -errno;
  close(slave);
  return 0;
}
