#!/usr/bin/env bash
# enter-root.sh ROOT WORK COMMAND...: runs COMMAND with ROOT as its root; the directory WORK is there under the same
# path and is the working directory. In a mount namespace of its own and by pivot_root, not chroot: a container runtime
# refuses a / that is no mount point, and after setns(2) into a mount namespace the root is the namespace's.
set -euo pipefail

# In the new mount namespace, which takes all of this with it when it ends.
enter() {
  local root=$1 work=$2 directory
  shift 2
  mount --bind "$root" "$root"
  for directory in /proc /sys /dev; do
    mount --rbind "$directory" "$root$directory"
  done
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  mkdir -p "$root$work"
  mount --rbind "$work" "$root$work"
  cd "$root"
  pivot_root . .
  # Of the two roots now stacked at / this detaches the upper one, the old.
  umount -l /
  cd "$work"
  exec "$@"
}

if [[ $1 == --inside ]]; then
  shift
  enter "$@"
fi
exec unshare --mount --propagation private -- "$BASH" "$0" --inside "$@"
