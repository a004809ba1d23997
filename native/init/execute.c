// The last steps: cwd, the wait for `start`, the search for the program, execve.
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

char **vector(struct plan_list list, uint32_t extra);
int raise_permitted(bool raise);

int run_working_directory(const struct step_working_directory *step) {
  const char *path = plan_str(step->path);
  int fd = resolve(path, CREATE_NOTHING);
  int result = fd < 0 ? fd : fchdir(fd) < 0 ? -errno : 0;
  if (result == -EACCES && raise_permitted(true) == 0) {
    // A directory that only root may enter is entered all the same, as runc does.
    if (fd < 0) fd = resolve(path, CREATE_NOTHING);
    result = fd < 0 ? fd : fchdir(fd) < 0 ? -errno : 0;
    raise_permitted(false);
  }
  if (fd >= 0) close(fd);
  if (result < 0) return result;
  // A directory outside of the root is told by its name (CVE-2024-21626).
  char name[PATH_MAX];
  if (init.pivoted && syscall(SYS_getcwd, name, sizeof(name)) > 0 && name[0] != '/')
    return fail(-ENOENT, "it is outside of the rootfs");
  return 0;
}

int run_ready(const struct step_ready *step) {
  (void)step;
  int result = init.sync < 0 ? 0 : send_durations(init.sync, 'R');
  close(init.sync);
  init.sync = -1;
  return result;
}

static void end_by_signal(int number) { _exit(128 + number); }

int run_await_start(const struct step_await_start *step) {
  // The first process of a pid namespace ignores signals that it has no handler for.
  static const int ending[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
  struct sigaction action = {.sa_handler = end_by_signal};
  for (unsigned i = 0; i < sizeof(ending) / sizeof(int); i++) sigaction(ending[i], &action, NULL);
  int listener = init.inherited[step->socket.value];
  int connection;
  do connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  while (connection < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (connection < 0) return -errno;
  close(listener);
  init.start = connection;
  action.sa_handler = SIG_DFL;
  for (unsigned i = 0; i < sizeof(ending) / sizeof(int); i++) sigaction(ending[i], &action, NULL);
  return 0;
}

// 0: an ordinary file that the process may execute.
static int executable(const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) return -errno;
  if (S_ISDIR(status.st_mode)) return -EISDIR;
  if (!S_ISREG(status.st_mode)) return -EACCES;
  if (syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) < 0 && errno != ENOSYS) return -errno;
  return 0;
}

int run_find_program(const struct step_find_program *step) {
  int result = -ENOENT;
  for (uint32_t i = 0; i < step->candidates.count; i++) {
    const char *path = plan_item(step->candidates, i);
    int error = executable(path);
    if (error == 0) {
      init.program = path;
      return 0;
    }
    // A file that is there but can't be run says more than the directories where it isn't.
    if (result == -ENOENT && error != -ENOTDIR)
      result = error == -EACCES ? explain_access(path) : fail(error, "%s", path);
  }
  return result;
}

int run_close_from(const struct step_close_from *step) {
  if (sys_close_range(step->fd.value, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return 0;
  // Before Linux 5.11: one by one.
  long last = sysconf(_SC_OPEN_MAX);
  for (int fd = (int)step->fd.value; fd < last; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return 0;
}

// The home directory in a line of passwd(5), "name:x:uid:gid:gecos:home:shell", where the uid is this one.
static bool home_of_line(char *line, uint32_t uid, char *home, size_t size) {
  char *field[7] = {line};
  for (int i = 1; i < 7; i++) {
    char *colon = strchr(field[i - 1], ':');
    if (colon == NULL) return false;
    *colon = 0;
    field[i] = colon + 1;
  }
  char *end;
  unsigned long number = strtoul(field[2], &end, 10);
  if (end == field[2] || *end != 0 || number != uid || field[5][0] != '/') return false;
  return (size_t)snprintf(home, size, "HOME=%s", field[5]) < size;
}

static void find_home(uint32_t uid, char *home, size_t size) {
  snprintf(home, size, "HOME=/");
  int fd = resolve_open("/etc/passwd", O_RDONLY | O_NOCTTY | O_NONBLOCK);
  struct stat status;
  FILE *file = NULL;
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) file = fdopen(fd, "r");
  if (file == NULL) {
    if (fd >= 0) close(fd);
    return;
  }
  char line[2048];
  while (fgets(line, sizeof(line), file) != NULL)
    if (home_of_line(line, uid, home, size)) break;
  fclose(file);
}

static char home[PATH_MAX + 8];

int run_find_home(const struct step_find_home *step) {
  find_home(step->uid.value, home, sizeof(home));
  return 0;
}

int run_no_process(const struct step_no_process *step) {
  (void)step;
  _exit(0);
}

int run_execute(const struct step_execute *step) {
  char **argv = vector(step->args, 0);
  char **envp = vector(step->env, 1);
  if (argv == NULL || envp == NULL) return -ENOMEM;
  if (home[0] != 0) envp[step->env.count] = home;
  announce_execution();
  execve(init.program, argv, envp);
  init.explain = true;
  return fail(-errno, "%s", init.program);
}
