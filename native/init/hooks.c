// Hooks that run in the container's namespaces: createContainer and startContainer.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/child.h"
#include "init.h"
#include "steps.gen.h"
#include "sys.h"

int run_await_host(const struct step_await_host *step) {
  (void)step;
  return wait_host();
}

int run_notify(const struct step_notify *step) {
  uint32_t phase = step->phase.value;
  int result = report('S', &phase, sizeof(phase));
  return result < 0 ? result : wait_host();
}

// The list's strings as a NULL-ended vector.
char **vector(struct plan_list list, uint32_t extra) {
  char **items = calloc((size_t)list.count + extra + 1, sizeof(char *));
  for (uint32_t i = 0; items != NULL && i < list.count; i++) items[i] = (char *)plan_item(list, i);
  return items;
}

// The state is known but for the pid, which the host told when init started.
static char *state_text(const struct step_hook *step, uint32_t *length) {
  char *text = malloc(step->head.length + step->tail.length + 16);
  if (text == NULL) return NULL;
  memcpy(text, plan_bytes(step->head), step->head.length);
  int digits = snprintf(text + step->head.length, 16, "%u", init.host_pid);
  memcpy(text + step->head.length + digits, plan_bytes(step->tail), step->tail.length);
  *length = step->head.length + (uint32_t)digits + step->tail.length;
  return text;
}

int run_hook(const struct step_hook *step) {
  uint32_t length = 0;
  char *state = state_text(step, &length);
  char **argv = vector(step->args, 0);
  char **envp = vector(step->env, 0);
  if (state == NULL || argv == NULL || envp == NULL) return -ENOMEM;
  const char *path = plan_str(step->path);
  const char *cwd = plan_str(step->cwd);
  static struct child_result child;
  run_child(path, argv, envp, cwd[0] != 0 ? cwd : NULL, state, length, step->timeout.value * 1000,
            init.inherited[step->out.value], init.inherited[step->err.value], -1, &child);
  free(state);
  free(argv);
  free(envp);
  if (child.error != 0) return fail(-child.error, "start it");
  while (child.length > 0 && child.output[child.length - 1] == '\n') child.output[--child.length] = 0;
  const char *colon = child.length > 0 ? ": " : "";
  if (child.timed_out)
    return fail(-ETIMEDOUT, "killed after %u s%s%s", step->timeout.value, colon, child.output);
  if (WIFSIGNALED(child.status))
    return fail(-ECANCELED, "ended by signal %d%s%s", WTERMSIG(child.status), colon, child.output);
  if (WEXITSTATUS(child.status) != 0)
    return fail(-ECANCELED, "exit status %d%s%s", WEXITSTATUS(child.status), colon, child.output);
  return 0;
}

// The child's end of the pair that the engine waits at.
static int engine_side = -1;

int run_start_hooks(const struct step_start_hooks *step) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  int *listener = &init.inherited[step->socket.value];
  pid_t pid = fork();
  if (pid < 0) return -errno;
  if (pid > 0) {
    // The engine gets the connection of `start` from the child, by the socket that it would accept it at.
    close(pair[1]);
    close(*listener);
    *listener = pair[0];
    init.skip_to = init.step + 1 + step->count.value;
    return 0;
  }
  // The engine's end without a start is the child's end, too.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGCHLD, SIG_DFL);
  close_engine();
  close(pair[0]);
  close(init.sync);
  init.sync = -1;
  engine_side = pair[1];
  init.stop_at = init.step + 1 + step->count.value;
  do init.start = accept4(*listener, NULL, NULL, SOCK_CLOEXEC);
  while (init.start < 0 && (errno == EINTR || errno == ECONNABORTED));
  return init.start < 0 ? -errno : 0;
}

void wake_engine(void) {
  _exit(send_with_descriptors(engine_side, 'S', NULL, 0, &init.start, 1) < 0);
}
