// Who the process is and what it may do: ids, groups, capabilities, limits.
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#endif
#ifndef PR_CAP_AMBIENT_RAISE
#define PR_CAP_AMBIENT_RAISE 2
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {
      {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
      {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
  };
  return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int permitted_capabilities(uint64_t *permitted) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  return 0;
}

// What init may hand on at all: a capability that its caller lacks can't be granted.
static uint64_t held = ~0ULL;

// For a moment all that is permitted is effective, also for an ordinary uid.
int raise_permitted(bool raise) {
  static uint64_t effective_before;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  uint64_t permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  uint64_t inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
  if (raise) effective_before = data[0].effective | (uint64_t)data[1].effective << 32;
  return set_capabilities(raise ? permitted : effective_before, permitted, inheritable);
}

int run_umask(const struct step_umask *step) {
  umask(step->mask.value);
  return 0;
}

int run_rlimit(const struct step_rlimit *step) {
  struct rlimit limit = {.rlim_cur = step->soft, .rlim_max = step->hard};
  // The raw call: prlimit64's layout is the same everywhere.
  return syscall(SYS_prlimit64, 0, step->resource.value, &limit, NULL) < 0 ? -errno : 0;
}

int run_soft_limit(const struct step_soft_limit *step) {
  struct rlimit limit;
  if (syscall(SYS_prlimit64, 0, step->resource.value, NULL, &limit) < 0) return -errno;
  if (step->soft >= limit.rlim_cur) return 0;
  limit.rlim_cur = step->soft;
  return syscall(SYS_prlimit64, 0, step->resource.value, &limit, NULL) < 0 ? -errno : 0;
}

static bool is_null_device(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == 0x103;
}

// The container's own /dev/null in the place of the host's (as runc): what a process has open of the host's file system
// is seen in the container, and can't be checkpointed. Where the container has none it keeps what it was given.
static void own_null_device(void) {
  int own = -1;
  for (int fd = 0; fd < 3; fd++) {
    if (!is_null_device(fd)) continue;
    if (own < 0) {
      int place = resolve("/dev/null", CREATE_NOTHING);
      bool usable = place >= 0 && is_null_device(place);
      if (place >= 0) close(place);
      // It may be anything else by now: nothing that is opened so waits, or becomes a terminal.
      own = usable ? resolve_open("/dev/null", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
      if (own < 0) return;
      if (!is_null_device(own) || fcntl(own, F_SETFL, 0) < 0) break;
    }
    if (dup2(own, fd) < 0) break;
  }
  if (own >= 0) close(own);
}

// The process may open its own stdio again by /proc/self/fd. /dev/null stays everybody's.
static void give_stdio(uid_t uid) {
  for (int fd = 0; fd < 3; fd++) {
    struct stat status;
    if (fstat(fd, &status) < 0 || status.st_uid == uid || is_null_device(fd)) continue;
    // Refused on read-only file systems and in user namespaces: then it can do without.
    if (fchown(fd, uid, (gid_t)-1) < 0) continue;
  }
}

int run_bounding_set(const struct step_bounding_set *step) {
  int result = permitted_capabilities(&held);
  if (result < 0) return result;
  uint64_t missing = step->wanted & ~held;
  if (missing != 0) report('C', &missing, sizeof(missing));
  for (unsigned number = 0; number < 64; number++) {
    if (step->mask & 1ULL << number) continue;
    // EINVAL: the kernel's last capability is behind us.
    if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return errno == EINVAL ? 0 : -errno;
  }
  return 0;
}

int run_user(const struct step_user *step) {
  own_null_device();
  give_stdio(step->uid.value);
  // The caller's go before a filter could refuse it.
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // The permitted set outlives the change of the uid, for the steps up to `capabilities`.
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -errno;
  if (step->set_groups.value &&
      syscall(SYS_setgroups, (size_t)step->groups.count, plan_u32s(step->groups)) < 0)
    return fail(-errno, "set the additional groups");
  if (syscall(SYS_setresgid, step->gid.value, step->gid.value, step->gid.value) < 0)
    return fail(-errno, "set the gid");
  if (syscall(SYS_setresuid, step->uid.value, step->uid.value, step->uid.value) < 0)
    return fail(-errno, "set the uid");
  // Not to be traced, nor its descriptors opened, by a process of the container that has the same uid.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return 0;
}

int run_no_new_privileges(const struct step_no_new_privileges *step) {
  (void)step;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int run_capabilities(const struct step_capabilities *step) {
  int result = set_capabilities(step->effective & held, step->permitted & held, step->inheritable & held);
  if (result < 0) return result;
  for (unsigned number = 0; number < 64; number++) {
    if (!(step->ambient & held & 1ULL << number)) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0)
      return fail(-errno, "raise ambient capability number %u", number);
  }
  return 0;
}
