// The system call filter, and the descriptor by which another process answers system calls (seccomp_unotify(2)).
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

int raise_permitted(bool raise);

static int install(const struct step_seccomp *step) {
  struct sock_fprog program = {
      .len = (unsigned short)(step->filter.length / sizeof(struct sock_filter)),
      .filter = (struct sock_filter *)plan_bytes(step->filter),
  };
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, step->flags.value, &program);
  return result < 0 ? -errno : (int)result;
}

enum { NOT_YET = -1, NONE = -2 };

// What init and its messenger share: where the listener goes, the listener, whether it has been sent.
static int receiver;
static int listener = NOT_YET;
static int sent;

static int messenger(void *unused) {
  (void)unused;
  int fd;
  while ((fd = __atomic_load_n(&listener, __ATOMIC_ACQUIRE)) == NOT_YET) sched_yield();
  if (fd >= 0) send_with_descriptors(receiver, 'L', NULL, 0, &fd, 1);
  __atomic_store_n(&sent, 1, __ATOMIC_RELEASE);
  return 0;
}

// From the moment that the filter is in force each system call of init may be one that waits for the listener's
// owner, who doesn't have it yet. So a second thread, which the filter isn't in force for, sends it to the host, and
// init waits for that without any system call. The thread is gone at execve, and nobody has to wait for it.
static int install_with_listener(const struct step_seccomp *step) {
  static char stack[16 * 1024] __attribute__((aligned(16)));
  receiver = init.start >= 0 ? init.start : init.sync;
  // First the host connects to the agent: where there is none, nothing has happened yet.
  int result = send_packet(receiver, 'L', NULL, 0);
  if (result < 0) return result;
  int answer = receive_kind(receiver, NULL, 0);
  if (answer < 0) return answer;
  if (answer != 'G') _exit(1);
  int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  if (clone(messenger, stack + sizeof(stack), flags, NULL) < 0) return fail(-errno, "start a thread");
  int fd = install(step);
  __atomic_store_n(&listener, fd < 0 ? NONE : fd, __ATOMIC_RELEASE);
  // A thread of a real-time policy that has one processor only must let the other one run in the end.
  for (unsigned turns = 0; !__atomic_load_n(&sent, __ATOMIC_ACQUIRE); turns++)
    if (turns > 100u * 1000 * 1000) sched_yield();
  return fd < 0 ? fd : 0;
}

int run_seccomp(const struct step_seccomp *step) {
  announce_execution();
  // Without no_new_privs a filter takes CAP_SYS_ADMIN, which is still permitted but maybe not effective.
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0) {
    int result = raise_permitted(true);
    if (result < 0) return result;
  }
  return step->flags.value & SECCOMP_FILTER_FLAG_NEW_LISTENER ? install_with_listener(step) : install(step);
}
