// The change of root: pivot_root(2), or MS_MOVE and chroot(2) where the host's root is an initramfs.
#include <sys/mount.h>

#include "init.h"
#include "steps.gen.h"
#include "sys.h"

int enter_root(void) {
  int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (old < 0 || fchdir(init.root) < 0) return -errno;
  // With "." for both, the old root comes to lie on the new one, and needs no directory in the rootfs.
  if (syscall(SYS_pivot_root, ".", ".") < 0) return -errno;
  // From here "." is the old root; its unmount must not travel to the host.
  if (fchdir(old) < 0) return -errno;
  close(old);
  if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0) return -errno;
  if (umount2(".", MNT_DETACH) < 0) return -errno;
  if (chdir("/") < 0) return -errno;
  init.pivoted = true;
  return 0;
}

int run_pivot_root(const struct step_pivot_root *step) {
  (void)step;
  return enter_root();
}

int run_move_root(const struct step_move_root *step) {
  (void)step;
  if (fchdir(init.root) < 0) return -errno;
  if (mount(".", "/", NULL, MS_MOVE, NULL) < 0) return -errno;
  if (chroot(".") < 0) return -errno;
  if (chdir("/") < 0) return -errno;
  init.pivoted = true;
  return 0;
}

// The container stays in its caller's mount namespace, where nothing is mounted for it. The tree lasts as long as a
// process has its root in it.
int run_change_root(const struct step_change_root *step) {
  (void)step;
  if (fchdir(init.root) < 0 || chroot(".") < 0 || chdir("/") < 0) return -errno;
  init.pivoted = true;
  return 0;
}

int run_root_propagation(const struct step_root_propagation *step) {
  return mount(NULL, "/", NULL, step->flags.value, NULL) < 0 ? -errno : 0;
}
