// Detaching a mount of a container that runs.
#include <sys/mount.h>

#include "init.h"
#include "mounts.h"
#include "steps.gen.h"
#include "sys.h"

// No path leads there but the one that was resolved: /proc may be missing in the container, or be its own work. A
// directory is left from within; a file's mount is named in its directory, where no mount point can change its name.
int run_unmount(const struct step_unmount *step) {
  const char *path = plan_str(step->target);
  int target = resolve(path, CREATE_NOTHING);
  if (target < 0) return target;
  int result = 0;
  // The kernel refuses what is no mount's root (EINVAL).
  if (is_directory(target)) {
    if (fchdir(target) < 0 || umount2(".", MNT_DETACH) < 0) result = -errno;
  } else {
    const char *name;
    int parent = resolve_parent(path, &name);
    if (parent < 0) result = parent;
    else if (fchdir(parent) < 0 || umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) < 0) result = -errno;
    if (parent >= 0) close(parent);
  }
  close(target);
  return result;
}
