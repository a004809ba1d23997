// Mounts: made detached, then moved onto a descriptor that was resolved inside the rootfs.
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "init.h"
#include "mounts.h"
#include "steps.gen.h"
#include "sys.h"

#define ALL_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

int set_attributes(int fd, uint64_t set, uint64_t clear, bool all) {
  if (set == 0 && clear == 0) return 0;
  struct mount_attr_ attr = {.attr_set = set, .attr_clr = clear};
  unsigned flags = AT_EMPTY_PATH | (all ? AT_RECURSIVE : 0);
  return sys_mount_setattr(fd, "", flags, &attr) < 0 ? -errno : 0;
}

int set_propagation(int fd, struct plan_list list) {
  for (uint32_t i = 0; i < list.count; i++) {
    uint32_t value = plan_u32s(list)[i];
    struct mount_attr_ attr = {.propagation = value & ALL_PROPAGATION};
    unsigned flags = AT_EMPTY_PATH | (value & MS_REC ? AT_RECURSIVE : 0);
    if (sys_mount_setattr(fd, "", flags, &attr) < 0) return -errno;
  }
  return 0;
}

int attach(int mount, int target) {
  if (sys_move_mount(mount, target) == 0) return 0;
  if (errno == EINVAL && init.detached)
    return fail(-EINVAL, "without a mount namespace of the container's own this takes Linux 6.15 or newer");
  return -errno;
}

int take_root(int mount, const char *path) {
  if (strcmp(path, "/") != 0) return 0;
  int root = fcntl(mount, F_DUPFD_CLOEXEC, 0);
  if (root < 0) return -errno;
  // pivot_root(2) refuses a shared root.
  struct mount_attr_ attr = {.propagation = MS_PRIVATE};
  if (sys_mount_setattr(root, "", AT_EMPTY_PATH, &attr) < 0) return -errno;
  close(init.root);
  init.root = root;
  return 0;
}

int run_host_propagation(const struct step_host_propagation *step) {
  struct mount_attr_ attr = {.propagation = step->flags.value & ALL_PROPAGATION};
  unsigned flags = step->flags.value & MS_REC ? AT_RECURSIVE : 0;
  return sys_mount_setattr(AT_FDCWD, "/", flags, &attr) < 0 ? -errno : 0;
}

// pivot_root(2) refuses a root whose parent mount is shared. That mount's root is found on the way up: only
// there propagation can be changed.
static int isolate_parent(int directory) {
  struct mount_attr_ attr = {.propagation = MS_PRIVATE};
  int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
  while (at >= 0 && sys_mount_setattr(at, "", AT_EMPTY_PATH, &attr) < 0) {
    int error = errno;
    int up = error == EINVAL ? openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    close(at);
    if (error != EINVAL) return -error;
    at = up;
  }
  if (at < 0) return -errno;
  close(at);
  return 0;
}

int run_rootfs(const struct step_rootfs *step) {
  const char *path = plan_str(step->path);
  int target = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (target < 0) return -errno;
  if (step->isolate.value) {
    int result = isolate_parent(target);
    if (result < 0) return fail(result, "make its mount private");
  }
  int tree = sys_open_tree(target, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) return -errno;
  // pivot_root(2) refuses a shared root, and nothing mounted below it may reach the host.
  struct mount_attr_ attr = {.propagation = MS_PRIVATE};
  init.detached = step->detached.value != 0;
  unsigned flags = AT_EMPTY_PATH | (init.detached ? AT_RECURSIVE : 0);
  if (sys_mount_setattr(tree, "", flags, &attr) < 0) return -errno;
  int result = init.detached ? 0 : attach(tree, target);
  close(target);
  if (result < 0) return result;
  init.root = tree;
  return 0;
}

// What the kernel wrote about a refused option, "e tmpfs: Bad value for 'size'", makes the better error.
static int mount_error(int context, int error, const char *option) {
  char text[256];
  ssize_t length = read(context, text, sizeof(text) - 1);
  if (length <= 0) return option != NULL ? fail(-error, "option `%s`", option) : -error;
  text[length] = 0;
  text[strcspn(text, "\n")] = 0;
  return fail(-error, "%s", length > 2 && text[1] == ' ' ? text + 2 : text);
}

static int set_option(int context, const char *option) {
  char key[256];
  size_t length = strcspn(option, "=");
  if (option[length] == 0) return sys_fsconfig(context, FSCONFIG_SET_FLAG, option, NULL);
  if (length >= sizeof(key)) {
    errno = EINVAL;
    return -1;
  }
  memcpy(key, option, length);
  key[length] = 0;
  return sys_fsconfig(context, FSCONFIG_SET_STRING, key, option + length + 1);
}

// The mode of the directory that a tmpfs covers, as an option; empty where it was only made for it.
static int inherited_mode(const char *target, char *option, size_t size) {
  option[0] = 0;
  int there = resolve(target, CREATE_NOTHING);
  if (there < 0) return there == -ENOENT ? 0 : there;
  struct stat status;
  int result = fstat(there, &status) < 0 ? -errno : 0;
  close(there);
  if (result == 0) snprintf(option, size, "mode=%o", status.st_mode & 07777);
  return result;
}

static int configure(int context, const struct step_mount *step, const char *mode) {
  const char *source = plan_str(step->source);
  if (sys_fsconfig(context, FSCONFIG_SET_STRING, "source", source) < 0) return mount_error(context, errno, source);
  if (mode[0] != 0 && set_option(context, mode) < 0) return mount_error(context, errno, mode);
  for (uint32_t i = 0; i < step->options.count; i++) {
    const char *option = plan_item(step->options, i);
    if (set_option(context, option) < 0) return mount_error(context, errno, option);
  }
  if (sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0) return mount_error(context, errno, NULL);
  return 0;
}

// A mount point that has to be an ordinary directory is opened once: no link can be put there in between.
static int open_mount_point(const struct step_mount *step) {
  const char *path = plan_str(step->target);
  int target = step->ordinary.value ? resolve_ordinary(path) : resolve(path, CREATE_DIRECTORY);
  if (target == -ENOTDIR && step->ordinary.value)
    return fail(target, "filesystem \"%s\" must be mounted on ordinary directory", plan_str(step->type));
  return target < 0 ? fail(target, "make the mount point") : target;
}

int run_mount(const struct step_mount *step) {
  const char *path = plan_str(step->target);
  char mode[32] = "";
  if (step->inherit_mode.value) {
    int result = inherited_mode(path, mode, sizeof(mode));
    if (result < 0) return result;
  }
  int target = open_mount_point(step);
  if (target < 0) return target;
  int context = sys_fsopen(plan_str(step->type));
  if (context < 0) return fail(-errno, "file system type `%s`", plan_str(step->type));
  int result = configure(context, step, mode);
  int mount = -1;
  if (result == 0) {
    // Read-only comes when everything is in it.
    mount = sys_fsmount(context, (unsigned)step->attributes & ~MOUNT_ATTR_RDONLY);
    if (mount < 0) result = mount_error(context, errno, NULL);
  }
  if (result == 0 && step->copy_up.value) result = copy_up(target, mount);
  if (result == 0) result = set_attributes(mount, step->attributes & MOUNT_ATTR_RDONLY, 0, false);
  if (result == 0) result = attach(mount, target);
  if (result == 0) result = set_propagation(mount, step->propagation);
  if (result == 0) result = take_root(mount, path);
  if (result == 0 && strcmp(path, "/proc") == 0 && strcmp(plan_str(step->type), "proc") == 0)
    init.proc = fcntl(mount, F_DUPFD_CLOEXEC, 0);
  if (mount >= 0) close(mount);
  close(context);
  close(target);
  return result;
}

bool is_directory(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

int run_remount(const struct step_remount *step) {
  int target = resolve(plan_str(step->target), CREATE_NOTHING);
  if (target < 0) return target;
  int result = set_attributes(target, step->set, step->clear, false);
  if (result == 0) result = set_propagation(target, step->propagation);
  close(target);
  return result;
}

int run_directory(const struct step_directory *step) {
  int fd = resolve(plan_str(step->target), CREATE_DIRECTORY);
  if (fd < 0) return fd;
  int result = is_directory(fd) ? 0 : -ENOTDIR;
  close(fd);
  return result;
}

// Masked directories share one empty tmpfs: the first is made, the others are copies of it.
static int mask_directory(int target) {
  static int first = -1;
  int mount;
  if (first < 0) {
    int context = sys_fsopen("tmpfs");
    if (context < 0) return -errno;
    // One page and two inodes: it holds nothing, and nothing can be put into it.
    if (sys_fsconfig(context, FSCONFIG_SET_STRING, "size", "4096") < 0 ||
        sys_fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", "2") < 0 ||
        sys_fsconfig(context, FSCONFIG_SET_STRING, "mode", "0755") < 0 ||
        sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
      return mount_error(context, errno, NULL);
    mount = sys_fsmount(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    close(context);
  } else {
    mount = sys_open_tree(first, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  }
  if (mount < 0) return -errno;
  int result = attach(mount, target);
  if (result < 0 || first >= 0) {
    close(mount);
  } else {
    first = mount;
  }
  return result;
}

static int mask_file(int target) {
  static int null = -1;
  if (null < 0) {
    null = open("/dev/null", O_PATH | O_CLOEXEC);
    struct stat status;
    if (null < 0 || fstat(null, &status) < 0) return fail(-errno, "the host's /dev/null");
    if (!S_ISCHR(status.st_mode) || status.st_rdev != 0x103) return fail(-ENODEV, "the host's /dev/null");
  }
  int mount = sys_open_tree(null, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (mount < 0) return -errno;
  // It is the host's own node: the container's root must not change its mode or owner.
  int result = set_attributes(mount, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, false);
  if (result == 0) result = attach(mount, target);
  close(mount);
  return result;
}

// A path to be protected. Below /proc it is looked up in the procfs that was mounted there: a rootfs that is
// changed meanwhile can't show another directory in its place.
static int resolve_protected(const char *path) {
  if (init.proc < 0 || strncmp(path, "/proc/", 6) != 0) return resolve(path, CREATE_NOTHING);
  struct open_how_ how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  int fd = sys_openat2(init.proc, path + 6, &how);
  return fd < 0 ? -errno : fd;
}

int run_mask_path(const struct step_mask_path *step) {
  int target = resolve_protected(plan_str(step->path));
  if (target < 0) return target == -ENOENT || target == -ENOTDIR ? 0 : target;
  int result = is_directory(target) ? mask_directory(target) : mask_file(target);
  close(target);
  return result;
}

int run_readonly_path(const struct step_readonly_path *step) {
  int target = resolve_protected(plan_str(step->path));
  if (target < 0) return target == -ENOENT || target == -ENOTDIR ? 0 : target;
  int tree = sys_open_tree(target, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  int result = tree < 0 ? -errno : set_attributes(tree, MOUNT_ATTR_RDONLY, 0, false);
  if (result == 0) result = attach(tree, target);
  if (tree >= 0) close(tree);
  close(target);
  return result;
}

int run_root_readonly(const struct step_root_readonly *step) {
  (void)step;
  return set_attributes(init.root, MOUNT_ATTR_RDONLY, 0, false);
}
