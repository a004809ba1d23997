// ocirt-init: reads the plan and executes its steps, one after the other. It has no policy: what happens in
// which order is decided where the plan is made. argv: name, sync descriptor, plan descriptor, inherited…
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

typedef int (*handler)(const void *step);

#define HANDLER(kind, name) [kind] = (handler)run_##name,
static const handler handlers[STEP_COUNT] = {STEP_LIST(HANDLER)};

static int descriptor(const char *text) {
  int fd = atoi(text);
  // Nothing of init's own survives the exec of the container's process.
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

static int run_plan(void) {
  const struct step_header *step = plan_first();
  start_durations();
  for (init.step = 0; init.step < plan_head()->count; init.step++, step = plan_next(step)) {
    if (step->kind >= STEP_COUNT) return -EPROTO;
    if (init.step < init.skip_to) continue;
    if (init.step == init.stop_at && init.stop_at != 0) wake_engine();
    int result = handlers[step->kind](step);
    if (result < 0) return result;
    note_duration(step->kind);
  }
  return 0;
}

// The container's process starts with every signal at its default and none blocked.
static void reset_signals(void) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < 65; number++) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char **argv) {
  if (argc < 3) return 1;
  init.sync = descriptor(argv[1]);
  int plan = descriptor(argv[2]);
  init.inherited = calloc((size_t)argc, sizeof(int));
  for (int i = 3; i < argc; i++) init.inherited[init.inherited_count++] = descriptor(argv[i]);
  prctl(PR_SET_NAME, "ocirt:init");
  umask(0);
  reset_signals();

  int result = plan_map(plan);
  if (result < 0) fail(result, "read the plan");
  close(plan);
  if (result == 0) result = wait_host();
  if (result == 0) result = run_plan();
  report_failure(-result);
  return 1;
}
