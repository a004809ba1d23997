#!/usr/bin/env bash
# box.sh CONTROLLERS COMMAND...: runs a validation program where nothing of it, or of a runtime that it found wrong, can
# stay: in pid and mount namespaces of its own, with an empty /run, and without the suite's cgroups afterwards.
# CONTROLLERS, separated by commas, are mounted in hierarchies of v1 if they are in none yet.
set -u
if [[ $$ != 1 ]]; then
  exec unshare --pid --fork --kill-child --mount --mount-proc -- "$BASH" "$0" "$@"
fi
controllers=$1
shift
cgroups=/sys/fs/cgroup

# Below a tmpfs of this namespace: the host's directory of hierarchies stays as it is.
mount_controllers() {
  local new=/run/cgroup path controller
  mkdir "$new" && mount -t tmpfs -o mode=755 tmpfs "$new" || return
  for path in "$cgroups"/*; do
    if [[ -L $path ]]; then
      cp -P "$path" "$new/"
    elif mountpoint -q "$path"; then
      mkdir "$new/${path##*/}" && mount --bind "$path" "$new/${path##*/}" || return
    fi
  done
  for controller in ${controllers//,/ }; do
    [[ ! -e $new/$controller ]] || continue
    mkdir "$new/$controller"
    mount -t cgroup -o "$controller" cgroup "$new/$controller" || rmdir "$new/$controller"
  done
  mount --move "$new" "$cgroups"
}

# The suite names cgroups by fixed names, and containers by UUIDs.
suite_cgroups() {
  find "$cgroups" -depth -mindepth 2 -type d -regextype posix-extended \
    -regex '.*/([^/]*[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}[^/]*|cgrouptest|testdir)(/.*)?' 2>/dev/null
}

# Those that were there before are another's.
remove_cgroups() {
  local try path left
  for ((try = 0; try < 50; try++)); do
    left=
    while read -r path; do
      [[ $before == *$'\n'$path$'\n'* ]] || rmdir "$path" 2>/dev/null || left=yes
    done < <(suite_cgroups)
    [[ -n $left ]] || return
    sleep 0.1
  done
}

mount -t tmpfs -o mode=755 tmpfs /run || exit
if [[ -n $controllers && ! -e $cgroups/cgroup.controllers ]]; then mount_controllers || exit; fi
before=$'\n'$(suite_cgroups)$'\n'
"$@"
status=$?
kill -KILL -1 2>/dev/null
remove_cgroups
exit "$status"
