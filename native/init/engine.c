// The Wasm container: the engine is loaded before the pivot, and a privileged helper pivots under it.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

char **vector(struct plan_list list, uint32_t extra);
int enter_root(void);

enum { PACKET_MAX = 100 * 1024 };

void close_inherited(void) {
  for (int i = 0; i < init.inherited_count; i++) close(init.inherited[i]);
}

void close_engine(void) {
  close(init.control);
  close(init.helper_side);
  close(init.executable);
}

// The engine's words, for the host: it has no socket of the host's, of whom it could ask more than it should.
__attribute__((noreturn)) static void pass_failure(const char *text) {
  report('E', text, (uint32_t)strlen(text));
  _exit(1);
}

// Until the engine is set up: R (loaded) is answered by the pivot and P; then D (done) or E (failed).
void help_engine(int control, int (*enter)(void), int started) {
  static char text[4096];
  for (;;) {
    int kind = receive_kind(control, text, sizeof(text));
    if (kind == 'R') {
      int result = enter();
      if (result < 0) {
        report_failure(-result);
        _exit(1);
      }
      send_packet(control, 'P', NULL, 0);
    } else if (kind == 'D') {
      if (started < 0) report('R', NULL, 0);
      else if (receive_kind(started, text, sizeof(text)) == 'E') pass_failure(text);
      _exit(0);
    } else if (kind == 'E') {
      pass_failure(text);
    } else {
      // The engine's end without a word; the host sees it by the end of its own socket.
      _exit(1);
    }
  }
}

// What /proc/PID/exe leads to can't be written so, nor the mount be changed (CVE-2019-5736).
int clone_readonly(const char *path) {
  int tree = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) return -errno;
  struct mount_attr_ attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
  if (sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0) return -errno;
  return tree;
}

static int open_executable(const char *path) {
  int tree = clone_readonly(path);
  if (tree != -EACCES) return tree;
  // Root of a user namespace may not go where the executable is: the host opens it, read-only already.
  int result = report('B', &init.step, sizeof(init.step));
  return result < 0 ? result : receive_descriptor(init.sync);
}

int run_pivot_helper(const struct step_pivot_helper *step) {
  const char *path = plan_str(step->path);
  init.executable = open_executable(path);
  if (init.executable < 0) return fail(init.executable, "open the executable `%s`", path);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  // The helper's end is nobody's to wait for: the kernel reaps it, and later the module's orphans.
  signal(SIGCHLD, SIG_IGN);
  pid_t pid = fork();
  if (pid < 0) return -errno;
  if (pid == 0) {
    close(pair[0]);
    close_inherited();
    for (int fd = 0; fd < 3; fd++) close(fd);
    help_engine(pair[1], enter_root, -1);
  }
  init.control = pair[0];
  init.helper_side = pair[1];
  return 0;
}

// As if the helper had sent it: the socket holds it until the engine reads.
static int send_request(const struct step_open_module *step, int module) {
  int fds[3] = {module, init.inherited[step->socket.value], -1};
  uint32_t length = step->request.length;
  if (length <= PACKET_MAX)
    return send_with_descriptors(init.helper_side, 'Q', plan_bytes(step->request), length, fds, 2);
  fds[2] = memfd_create("ocirt-request", MFD_CLOEXEC);
  if (fds[2] < 0) return -errno;
  const char *data = plan_bytes(step->request);
  for (uint32_t at = 0; at < length;) {
    ssize_t written = write(fds[2], data + at, length - at);
    if (written < 0) return -errno;
    at += (uint32_t)written;
  }
  lseek(fds[2], 0, SEEK_SET);
  return send_with_descriptors(init.helper_side, 'Q', NULL, 0, fds, 3);
}

int run_open_module(const struct step_open_module *step) {
  int result = -ENOENT;
  for (uint32_t i = 0; i < step->candidates.count; i++) {
    const char *path = plan_item(step->candidates, i);
    int fd = resolve_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
      fcntl(fd, F_SETFL, 0);
      // What comes now is told by the engine, which knows nothing of the steps.
      if (init.sync >= 0) send_durations(init.sync, 'D');
      int sent = send_request(step, fd);
      close(fd);
      return sent;
    }
    int error = fd < 0 ? fd : S_ISDIR(status.st_mode) ? -EISDIR : -ENOEXEC;
    if (fd >= 0) close(fd);
    if (result != -ENOENT || error == -ENOTDIR) continue;
    result = error == -EACCES ? explain_unreadable(init.root, path) : fail(error, "%s", path);
  }
  return result;
}

int run_engine(const struct step_engine *step) {
  static char control_text[48], addon_text[48];
  char **argv = vector(step->args, 0);
  char **envp = vector(step->env, 2);
  if (argv == NULL || envp == NULL) return -ENOMEM;
  int addon = init.inherited[step->addon.value];
  if (fcntl(addon, F_SETFD, 0) < 0 || fcntl(init.control, F_SETFD, 0) < 0) return -errno;
  snprintf(control_text, sizeof(control_text), "OCIRT_WASM_ENGINE=%d", init.control);
  snprintf(addon_text, sizeof(addon_text), "OCIRT_ADDON_FD=%d", addon);
  envp[step->env.count] = control_text;
  envp[step->env.count + 1] = addon_text;
  syscall(SYS_execveat, init.executable, "", argv, envp, AT_EMPTY_PATH);
  return -errno;
}
