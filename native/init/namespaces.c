// What is set up in namespaces other than the mount namespace.
#include <linux/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t length = (ssize_t)strlen(text);
  ssize_t written = write(fd, text, (size_t)length);
  int result = written == length ? 0 : written < 0 ? -errno : -EIO;
  close(fd);
  return result;
}

int run_become_root(const struct step_become_root *step) {
  (void)step;
  // Raw calls: musl's wrappers would signal threads that init doesn't have.
  if (syscall(SYS_setresgid, 0, 0, 0) < 0) return -errno;
  if (syscall(SYS_setresuid, 0, 0, 0) < 0) return -errno;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return 0;
}

int run_session(const struct step_session *step) {
  (void)step;
  return setsid() < 0 && errno != EPERM ? -errno : 0;
}

int run_time_namespace(const struct step_time_namespace *step) {
  if (unshare(CLONE_NEWTIME) < 0) return fail(-errno, "the kernel has no time namespaces (CONFIG_TIME_NS)");
  const char *offsets = plan_str(step->offsets);
  if (offsets[0] != 0) {
    int result = write_file("/proc/self/timens_offsets", offsets);
    if (result < 0) return result;
  }
  // Children would be in it; init itself, and so the container's process, enters it here.
  int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int result = setns(fd, CLONE_NEWTIME) < 0 ? -errno : 0;
  close(fd);
  return result;
}

int run_join_time(const struct step_join_time *step) {
  return setns(init.inherited[step->fd.value], CLONE_NEWTIME) < 0 ? -errno : 0;
}

int run_join_cgroups(const struct step_join_cgroups *step) {
  for (uint32_t i = 0; i < step->files.count; i++) {
    const char *file = plan_item(step->files, i);
    int result = write_file(file, "0");
    if (result < 0) return fail(result, "%s", file);
  }
  return 0;
}

int run_cgroup_namespace(const struct step_cgroup_namespace *step) {
  (void)step;
  return unshare(CLONE_NEWCGROUP) < 0 ? -errno : 0;
}

int run_hostname(const struct step_hostname *step) {
  const char *name = plan_str(step->name);
  return sethostname(name, strlen(name)) < 0 ? -errno : 0;
}

int run_domainname(const struct step_domainname *step) {
  const char *name = plan_str(step->name);
  return setdomainname(name, strlen(name)) < 0 ? -errno : 0;
}

int run_loopback(const struct step_loopback *step) {
  (void)step;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  // A kernel without IPv4 still has the interface.
  if (fd < 0 && errno == EAFNOSUPPORT) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct ifreq request = {.ifr_name = "lo"};
  int result = ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : 0;
  if (result == 0) {
    request.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) result = -errno;
  }
  close(fd);
  return result;
}

int run_sysctl(const struct step_sysctl *step) {
  return write_file(plan_str(step->file), plan_str(step->value));
}

// A security module's parameter is there even where it is built in.
static bool is_enabled(const char *module) {
  char path[64], value = 'N';
  snprintf(path, sizeof(path), "/sys/module/%s/parameters/enabled", module);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool known = fd >= 0 && read(fd, &value, 1) == 1;
  if (fd >= 0) close(fd);
  return known && value == 'Y';
}

// SELinux without a policy takes any label, and heeds none. All processes have the label of its kernel then.
static bool lacks_policy(void) {
  char label[8] = "";
  int fd = open("/proc/self/attr/current", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t length = read(fd, label, sizeof(label) - 1);
  close(fd);
  return length > 0 && strcmp(label, "kernel") == 0;
}

int run_label(const struct step_label *step) {
  const char *module = plan_str(step->module);
  int result = -ENOENT;
  if (module[0] == 0 && lacks_policy()) return -EINVAL;
  for (uint32_t i = 0; i < step->files.count && result == -ENOENT; i++)
    result = write_file(plan_item(step->files, i), plan_str(step->value));
  if (result < 0 && module[0] != 0 && !is_enabled(module)) {
    warn("%s is not enabled on this host, and the process is without its profile", module);
    return 0;
  }
  return result;
}

int run_session_keyring(const struct step_session_keyring *step) {
  enum { KEYCTL_JOIN_SESSION_KEYRING = 1 };
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, plan_str(step->name)) >= 0) return 0;
  // A kernel without keyrings has none to share either.
  if (errno == ENOSYS) return 0;
  if (errno == EDQUOT) {
    warn("the user's quota of keys is used up: the session keyring stays the caller's");
    return 0;
  }
  return -errno;
}
