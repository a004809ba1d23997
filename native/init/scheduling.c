// How the kernel schedules the process and where it takes memory for it.
#include <sys/personality.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

// struct sched_attr of sched_setattr(2), its first version.
struct scheduling {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
};

int run_scheduler(const struct step_scheduler *step) {
  struct scheduling attributes = {
      .size = sizeof(attributes),
      .policy = step->policy.value,
      .flags = step->flags,
      .nice = (int32_t)step->nice.value,
      .priority = step->priority.value,
      .runtime = step->runtime,
      .deadline = step->deadline,
      .period = step->period,
  };
  return syscall(SYS_sched_setattr, 0, &attributes, 0) < 0 ? -errno : 0;
}

int run_io_priority(const struct step_io_priority *step) {
  enum { IOPRIO_WHO_PROCESS = 1 };
  return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, step->value.value) < 0 ? -errno : 0;
}

int run_memory_policy(const struct step_memory_policy *step) {
  uint32_t length = step->nodes.length;
  const void *nodes = length > 0 ? plan_bytes(step->nodes) : NULL;
  // maxnode is one more than the number of bits (set_mempolicy(2)).
  unsigned long bits = length > 0 ? length * 8UL + 1 : 0;
  return syscall(SYS_set_mempolicy, step->mode.value, nodes, bits) < 0 ? -errno : 0;
}

int run_personality(const struct step_personality *step) {
  return personality(step->domain.value) < 0 ? -errno : 0;
}
