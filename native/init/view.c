// exec of a Wasm module: the engine needs its loader, libraries and a proc to start, and a container FROM scratch has
// none of them. It starts in a tree of its own that is in no namespace, and a helper that shares its root with it
// (CLONE_FS) moves it into the container. Nothing in that tree is a secret or can be written: as any process of the
// container, the engine may be looked at by others of the same user from its first instruction on.
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

int raise_permitted(bool raise);

#define PROC_SUPER_MAGIC 0x9fa0

enum { MAX_FILES = 16 };

// What the loader will look for: it and the libraries are in one directory of the tree. As mounts their pages are shared
// with all the host's processes; who may not mount copies them.
static struct {
  int fd;
  bool mount;
  const char *name;
} files[MAX_FILES];
static uint32_t file_count;
static const char *loader;

static int tree = -1;

static int open_file(const char *path, const char *name) {
  if (file_count == MAX_FILES) return -E2BIG;
  int fd = clone_readonly(path);
  bool mount = fd != -EPERM;
  if (!mount && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) fd = -errno;
  if (fd < 0) return fail(fd, "open the engine's library `%s`", path);
  files[file_count].mount = mount;
  files[file_count].name = name;
  files[file_count++].fd = fd;
  return 0;
}

// Beside the loader's file, to which its path is often a link: a C library is installed with its loader.
static int open_libraries(const struct step_open_engine *step) {
  char path[PATH_MAX];
  loader = plan_str(step->loader);
  if (realpath(loader, path) == NULL) return fail(-errno, "open the engine's loader `%s`", loader);
  int result = open_file(path, strrchr(loader, '/') + 1);
  char *end = strrchr(path, '/') + 1;
  for (uint32_t i = 0; i < step->libraries.count && result == 0; i++) {
    const char *name = plan_item(step->libraries, i);
    if ((size_t)(end - path) + strlen(name) >= sizeof(path)) return -ENAMETOOLONG;
    strcpy(end, name);
    result = open_file(path, name);
  }
  return result;
}

// That of the container's own engine, through its read-only mount: for a caller who may not copy a mount.
static int containers_executable(uint32_t pid, const char *path) {
  char link[32];
  snprintf(link, sizeof(link), "/proc/%u/exe", pid);
  int fd = open(link, O_PATH | O_CLOEXEC);
  struct stat theirs, ours;
  struct statvfs mount;
  if (fd < 0 || fstat(fd, &theirs) < 0 || fstatvfs(fd, &mount) < 0 || stat(path, &ours) < 0) return -errno;
  if (theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino)
    return fail(-ESTALE, "`%s` is another than the one that runs the container", path);
  if (!(mount.f_flag & ST_RDONLY)) return fail(-EPERM, "open the executable `%s` read-only", path);
  return fd;
}

int run_open_engine(const struct step_open_engine *step) {
  const char *path = plan_str(step->path);
  init.executable = clone_readonly(path);
  if (init.executable == -EPERM) {
    init.executable = containers_executable(step->pid.value, path);
    if (init.executable < 0) return init.executable;
  }
  if (init.executable < 0) return fail(init.executable, "open the executable `%s`", path);
  return open_libraries(step);
}

static int place(int from, bool mount, int directory, const char *name) {
  int to = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
  if (to < 0) return -errno;
  if (mount) {
    int moved = sys_move_mount(from, to) < 0 ? -errno : 0;
    close(to);
    return moved;
  }
  ssize_t sent;
  do sent = sendfile(to, from, NULL, 1 << 24);
  while (sent > 0 || (sent < 0 && errno == EINTR));
  int result = sent < 0 ? -errno : 0;
  close(to);
  return result;
}

// The loader's directory, made one component after the other.
static int make_directory(int root) {
  int at = fcntl(root, F_DUPFD_CLOEXEC, 0);
  const char *end = strrchr(loader, '/');
  for (const char *name = loader + 1; name < end && at >= 0;) {
    char component[NAME_MAX + 1];
    size_t length = strcspn(name, "/");
    if (length > NAME_MAX) return -ENAMETOOLONG;
    memcpy(component, name, length);
    component[length] = 0;
    if (mkdirat(at, component, 0755) < 0 && errno != EEXIST) return -errno;
    int below = openat(at, component, O_PATH | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = below;
    name += length + 1;
  }
  return at < 0 ? -errno : at;
}

// The container's proc with all that masks it, or where it has none a new one, which the kernel makes for the root of
// the host's user namespace only.
static int clone_proc(void) {
  int fd = sys_open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
  struct statfs status;
  if (fd >= 0 && fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC) return fd;
  int context = sys_fsopen("proc");
  if (context < 0 || sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0) return -errno;
  fd = sys_fsmount(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  return fd < 0 ? -errno : fd;
}

static int fill(int root) {
  int directory = make_directory(root);
  if (directory < 0) return directory;
  for (uint32_t i = 0; i < file_count; i++) {
    int result = place(files[i].fd, files[i].mount, directory, files[i].name);
    if (result < 0) return fail(result, "place the engine's library `%s`", files[i].name);
  }
  return mkdirat(root, "proc", 0755) < 0 ? -errno : 0;
}

// In a copy of the container's mount namespace, which ends with this process: mounting takes a namespace, and nobody
// of the container is to see it.
static int build(void) {
  int context = sys_fsopen("tmpfs");
  if (context < 0 || sys_fsconfig(context, FSCONFIG_SET_STRING, "mode", "0755") < 0 ||
      sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
    return -errno;
  int root = sys_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (root < 0) return -errno;
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -errno;
  int proc = clone_proc();
  if (proc < 0) return fail(proc, "the container has no proc at /proc");
  int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0 || sys_move_mount(root, top) < 0) return -errno;
  int result = fill(root);
  if (result < 0) return result;
  int point = openat(root, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (point < 0 || sys_move_mount(proc, point) < 0) return -errno;
  struct mount_attr_ attr = {.attr_set = MOUNT_ATTR_RDONLY};
  if (sys_mount_setattr(root, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0) return -errno;
  int copied = sys_open_tree(root, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
  return copied < 0 ? -errno : copied;
}

static int receive_tree(int from, pid_t pid) {
  int result = receive_descriptor(from);
  close(from);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
  return result;
}

// A failure is told by who builds.
static int build_apart(void) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  pid_t pid = fork();
  if (pid < 0) return -errno;
  if (pid > 0) {
    close(pair[1]);
    return receive_tree(pair[0], pid);
  }
  int built = build();
  if (built < 0) report_failure(-built);
  _exit(built < 0 || send_with_descriptors(pair[1], 'V', NULL, 0, &built, 1) < 0);
}

static int enter_container(void) {
  return fchdir(init.root) < 0 || chroot(".") < 0 ? -errno : 0;
}

// The engine's connection of `start` ends at the helper.
static int fork_helper(int started[2]) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  signal(SIGCHLD, SIG_IGN);
  // Whatever root one of the two changes to is the other's too, also after execve(2).
  struct clone_args arguments = {.flags = CLONE_FS, .exit_signal = SIGCHLD};
  pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
  if (pid < 0) return -errno;
  if (pid == 0) {
    close(pair[0]);
    close(started[0]);
    close_inherited();
    for (int fd = 0; fd < 3; fd++) close(fd);
    // It keeps the tree as well, whose proc goes when nobody has it open any more.
    help_engine(pair[1], enter_container, started[1]);
  }
  close(started[1]);
  init.control = pair[0];
  init.helper_side = pair[1];
  return 0;
}

// The socket that the engine waits for `start` at, with the connection in it already.
static int ready_start(int connection, int *socket) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  int result = send_with_descriptors(pair[1], 'S', NULL, 0, &connection, 1);
  close(pair[1]);
  close(connection);
  *socket = pair[0];
  return result;
}

int run_engine_view(const struct step_engine_view *step) {
  tree = build_apart();
  for (uint32_t i = 0; i < file_count; i++) close(files[i].fd);
  if (tree < 0) return tree;
  int started[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, started) < 0) return -errno;
  int result = fork_helper(started);
  return result < 0 ? result : ready_start(started[0], &init.inherited[step->socket.value]);
}

int run_enter_view(const struct step_enter_view *step) {
  (void)step;
  int result = raise_permitted(true);
  if (result == 0 && (fchdir(tree) < 0 || chroot(".") < 0)) result = -errno;
  raise_permitted(false);
  return result;
}
