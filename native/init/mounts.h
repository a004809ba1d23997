// What the makers of mounts share. All return 0 or -errno.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

// MOUNT_ATTR_* of one mount, or of all below it too.
int set_attributes(int fd, uint64_t set, uint64_t clear, bool all);
// Each value is one of MS_PRIVATE, … with or without MS_REC.
int set_propagation(int fd, struct plan_list list);
// Moves a detached mount onto its place. What was opened there stays below it.
int attach(int mount, int target);
// A mount on "/" is the container's root from now on: all paths that follow are resolved in it.
int take_root(int mount, const char *path);
bool is_directory(int fd);
