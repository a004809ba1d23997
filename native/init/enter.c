// exec: from the host into a container that is there already.
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

// Opened while the host's cgroups are in sight; they are entered when that costs the container nothing.
enum { MAX_CGROUPS = 64 };
static int cgroups[MAX_CGROUPS];
static const char *cgroup_names[MAX_CGROUPS];
static uint32_t cgroup_count;

int run_oom_score(const struct step_oom_score *step) {
  return write_file("/proc/self/oom_score_adj", plan_str(step->score));
}

int run_cpu_affinity(const struct step_cpu_affinity *step) {
  if (syscall(SYS_sched_setaffinity, 0, (size_t)step->cpus.length, plan_bytes(step->cpus)) >= 0) return 0;
  return step->required.value ? -errno : 0;
}

static int open_cgroup(int dir, const char *path) {
  if (cgroup_count == MAX_CGROUPS) return -E2BIG;
  int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fail(-errno, "%s", path);
  cgroup_names[cgroup_count] = path;
  cgroups[cgroup_count++] = fd;
  return 0;
}

int run_open_cgroups(const struct step_open_cgroups *step) {
  for (uint32_t i = 0; i < step->files.count; i++) {
    int result = open_cgroup(AT_FDCWD, plan_item(step->files, i));
    if (result < 0) return result;
  }
  return 0;
}

int run_enter_cgroups(const struct step_enter_cgroups *step) {
  (void)step;
  int result = 0;
  for (uint32_t i = 0; i < cgroup_count; i++) {
    if (write(cgroups[i], "0", 1) < 0 && result == 0) result = fail(-errno, "%s", cgroup_names[i]);
    close(cgroups[i]);
  }
  cgroup_count = 0;
  return result;
}

static const struct {
  const char *name;
  int flag;
} kinds[] = {
    {"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},  {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC},
    {"pid", CLONE_NEWPID},   {"net", CLONE_NEWNET}, {"time", 0x80},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int open_namespace(uint32_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%u/ns/%s", pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? fail(-errno, "%s", path) : fd;
}

static bool has_ended(int pidfd) {
  struct pollfd watched = {pidfd, POLLIN, 0};
  return poll(&watched, 1, 0) > 0;
}

// For a kernel that joins no namespaces by a pidfd (before Linux 5.8): one by one. Some belong to the user
// namespace that is joined, others to the caller's: what is refused before it is tried once more after it.
static int join_each(uint32_t pid, int pidfd, unsigned flags) {
  int fds[KINDS];
  for (unsigned i = 0; i < KINDS; i++) {
    fds[i] = flags & (unsigned)kinds[i].flag ? open_namespace(pid, kinds[i].name) : -1;
    if (fds[i] < 0 && flags & (unsigned)kinds[i].flag) return fds[i];
  }
  // Alive now: so the pid was its own when they were opened.
  if (has_ended(pidfd)) return -ESRCH;
  bool user = fds[0] >= 0;
  for (unsigned i = 1; i < KINDS; i++)
    if (fds[i] >= 0 && setns(fds[i], kinds[i].flag) == 0) fds[i] = (close(fds[i]), -1);
  for (unsigned i = user ? 0 : 1; i < KINDS; i++) {
    if (fds[i] < 0) continue;
    if (setns(fds[i], kinds[i].flag) < 0) return fail(-errno, "%s", kinds[i].name);
    close(fds[i]);
  }
  return 0;
}

// As the caller's own child, whose status it waits for; into a cgroup of the unified hierarchy, or -1.
static pid_t clone_sibling(int cgroup) {
  struct clone_args arguments = {.flags = CLONE_PARENT};
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)cgroup;
  }
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

// The process that goes on is a child of the namespaces' joiner: only a new process is in a pid namespace. The
// joiner itself is never seen in the container.
int run_enter_container(const struct step_enter_container *step) {
  int pidfd = init.inherited[step->pidfd.value];
  int cgroup = step->cgroup.value != 0 ? init.inherited[step->cgroup.value] : -1;
  unsigned flags = step->flags.value & ~(unsigned)CLONE_NEWCGROUP;
  int cgroup_namespace = -1;
  if (step->flags.value & CLONE_NEWCGROUP) {
    cgroup_namespace = open_namespace(step->pid.value, "cgroup");
    if (cgroup_namespace < 0) return cgroup_namespace;
  }
  if (cgroup >= 0) {
    int result = open_cgroup(cgroup, "cgroup.procs");
    if (result < 0) return result;
  }
  // Nothing in the container may trace this process or open what it has open (CVE-2016-9962). Its memory stays
  // the host's until it executes the program, so also root of a user namespace may not.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return -errno;
  if (flags != 0 && setns(pidfd, (int)flags) < 0) {
    int result = errno == EINVAL ? join_each(step->pid.value, pidfd, flags) : -errno;
    if (result < 0) return result;
  } else if (has_ended(pidfd)) {
    return -ESRCH;
  }
  pid_t pid = clone_sibling(cgroup);
  bool entered = pid == 0 && cgroup >= 0;
  // The container is at its limit of processes: who is moved there is not counted against it.
  if (pid < 0 && errno == EAGAIN && cgroup >= 0) pid = clone_sibling(-1);
  if (pid < 0) return -errno;
  if (pid > 0) {
    report('P', &pid, sizeof(pid));
    _exit(0);
  }
  // Its cgroup.procs is the last of those that are open.
  if (entered) close(cgroups[--cgroup_count]);
  // After the cgroup: where namespaces bound delegation, one can't go in from the outside.
  if (cgroup_namespace >= 0 && setns(cgroup_namespace, CLONE_NEWCGROUP) < 0) return fail(-errno, "cgroup");
  if (cgroup_namespace >= 0) close(cgroup_namespace);
  // Their numbers are others' from here on.
  if (cgroup >= 0) close(cgroup);
  close(pidfd);
  init.inherited[step->pidfd.value] = -1;
  if (step->cgroup.value != 0) init.inherited[step->cgroup.value] = -1;
  init.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  init.pivoted = true;
  return init.root < 0 ? -errno : 0;
}
