// Bind mounts: a copy of a part of the host's tree, with attributes of its own.
#include <string.h>

#include "init.h"
#include "mounts.h"
#include "steps.gen.h"
#include "sys.h"

// The source as a detached copy. One that is to be id-mapped, or that root of the user namespace can't reach,
// is opened by the host: it knows the step by its index.
static int open_source(const struct step_bind *step) {
  if (!(step->flags.value & BIND_FROM_HOST)) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (step->recursive.value ? AT_RECURSIVE : 0);
    if (step->flags.value & (BIND_SOURCE_NO_FOLLOW | BIND_COPY_SYMLINK)) flags |= AT_SYMLINK_NOFOLLOW;
    int tree = sys_open_tree(AT_FDCWD, plan_str(step->source), flags);
    if (tree >= 0) return tree;
    if (errno != EACCES) return -errno;
  }
  int result = report('B', &init.step, sizeof(init.step));
  return result < 0 ? result : receive_descriptor(init.sync);
}

static int open_target(const struct step_bind *step, bool directory) {
  const char *path = plan_str(step->target);
  if (!(step->flags.value & BIND_TARGET_NO_FOLLOW)) return resolve(path, directory ? CREATE_DIRECTORY : CREATE_FILE);
  const char *name;
  int parent = resolve_parent(path, &name);
  if (parent < 0) return parent;
  int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int result = fd < 0 ? -errno : fd;
  close(parent);
  return result != -ENOENT ? result : resolve(path, directory ? CREATE_DIRECTORY : CREATE_FILE);
}

// A source that is a link is made again instead of mounted: 1 where it was, 0 where it is none.
static int copy_symlink(const struct step_bind *step) {
  char text[4096];
  ssize_t length = readlink(plan_str(step->source), text, sizeof(text) - 1);
  if (length < 0) return errno == EINVAL ? 0 : -errno;
  text[length] = 0;
  const char *name;
  int parent = resolve_parent(plan_str(step->target), &name);
  if (parent < 0) return parent;
  int result = symlinkat(text, parent, name) < 0 ? -errno : 1;
  if (result == -EEXIST) {
    char there[4096];
    ssize_t size = readlinkat(parent, name, there, sizeof(there));
    if (size == length && memcmp(there, text, (size_t)size) == 0) result = 1;
  }
  close(parent);
  return result;
}

int run_bind(const struct step_bind *step) {
  if (step->flags.value & BIND_COPY_SYMLINK) {
    int made = copy_symlink(step);
    if (made != 0) return made < 0 ? fail(made, "copy the symbolic link `%s`", plan_str(step->source)) : 0;
  }
  int tree = open_source(step);
  if (tree < 0) return fail(tree, "open the source `%s`", plan_str(step->source));
  int target = open_target(step, is_directory(tree));
  if (target < 0) {
    close(tree);
    return fail(target, "make the mount point");
  }
  int result = set_attributes(tree, step->set, step->clear, false);
  if (result == 0) result = set_attributes(tree, step->set_all, step->clear_all, true);
  if (result == 0) result = attach(tree, target);
  if (result == 0) result = set_propagation(tree, step->propagation);
  if (result == 0) result = take_root(tree, plan_str(step->target));
  close(target);
  close(tree);
  return result;
}
