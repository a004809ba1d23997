#!/usr/bin/env bash
# A machine of its own for container engines, made of namespaces: whatever an engine mounts, starts or configures in
# it is gone when it ends.
#   machine.sh hold NAME WORK       makes it, stays until its init ends, and removes its cgroups; when it is there
#                                   WORK/ready holds the holder's and init's pids
#   machine.sh enter NAME WORK CMD...  runs a command in it
# NAME is its cgroup in every hierarchy, and the root of all cgroups for those inside.
set -euo pipefail

# Mount point, file system and options of all that is mounted.
hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2, $3, $4 }' /proc/self/mounts; }

# Mounts the hierarchies of v1 that are in use and mounted nowhere: engines expect to find all that /proc/self/cgroup
# names.
mount_hidden() {
  local below=$1 controllers mounted
  mounted=$(hierarchies | awk '{ printf ",%s,", $3 }')
  while read -r controllers; do
    [[ $mounted != *,"${controllers%%,*}",* ]] || continue
    mkdir -p "$below/$controllers"
    mount -t cgroup -o "$controllers" cgroup "$below/$controllers"
  done < <(cut -d: -f2 /proc/self/cgroup | grep -vE '^($|name=)')
}

join_cgroups() {
  local name=$1 point type file _
  while read -r point type _; do
    mkdir -p "$point/$name"
    if [[ $type == cgroup ]]; then
      for file in cpuset.cpus cpuset.mems; do
        [[ ! -e $point/$name/$file || -n $(<"$point/$name/$file") ]] || cat "$point/$file" >"$point/$name/$file"
      done
    fi
    echo $$ >"$point/$name/cgroup.procs"
  done < <(hierarchies)
}

# After the end of everybody inside, who may need a moment for that.
remove_cgroups() {
  local name=$1 point try left _
  while read -r point _; do echo $$ >"$point/cgroup.procs"; done < <(hierarchies)
  for ((try = 0; try < 100; try++)); do
    left=
    while read -r point _; do
      [[ ! -d $point/$name ]] || find "$point/$name" -depth -type d -exec rmdir {} + 2>/dev/null || left=yes
    done < <(hierarchies)
    [[ -n $left ]] || return 0
    sleep 0.1
  done
  echo "machine: the cgroups named $name can't be removed" >&2
  return 1
}

# Of a mount's options those that are the hierarchy's: its controllers or its name.
hierarchy_options() {
  local option
  for option in ${1//,/ }; do
    case $option in
      rw | ro | relatime | nosuid | nodev | noexec | xattr | release_agent=* | clone_children) ;;
      name=*) printf 'none,%s,' "$option" ;;
      *) printf '%s,' "$option" ;;
    esac
  done
}

# /sys/fs/cgroup as a machine has it whose root is this cgroup.
mount_cgroups() {
  local point type options list
  list=$(hierarchies)
  if [[ $list == "/sys/fs/cgroup cgroup2 "* ]]; then
    umount /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    return
  fi
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while read -r point type options; do
    point=/sys/fs/cgroup/${point##*/}
    mkdir "$point"
    options=$(hierarchy_options "$options")
    if [[ $type == cgroup ]]; then mount -t cgroup -o "${options%,}" cgroup "$point"; else mount -t cgroup2 cgroup2 "$point"; fi
  done <<<"$list"
}

# The first process inside.
start() {
  local work=$1
  mount -t proc proc /proc
  mount_cgroups
  mount -t tmpfs -o mode=755 tmpfs /run
  ip link set lo up
  : >"$work/started"
  # Reaps what is left to it, as an init has to.
  while :; do
    sleep infinity &
    wait $! || true
  done
}

# In a mount namespace of its own.
hold() {
  local name=$1 work=$2 init
  mount_hidden "$work/hidden"
  join_cgroups "$name"
  unshare --mount --propagation private --pid --fork --kill-child --net --ipc --uts --cgroup -- "$BASH" "$0" start "$work" &
  until [[ -e $work/started ]]; do
    kill -0 $! || exit 1
    sleep 0.05
  done
  init=$(tr -d " " <"/proc/$!/task/$!/children")
  echo "$$ $init" >"$work/ready.new"
  mv "$work/ready.new" "$work/ready"
  wait || true
  remove_cgroups "$name"
}

command=$1
shift
case $command in
  hold) exec unshare --mount --propagation private -- "$BASH" "$0" holding "$@" ;;
  holding) hold "$@" ;;
  start) start "$@" ;;
  enter)
    read -r holder _ <"$2/ready"
    exec nsenter --target "$holder" --mount -- "$BASH" "$0" entering "$PWD" "$@"
    ;;
  entering)
    directory=$1 name=$2 work=$3
    shift 3
    read -r _ init <"$work/ready"
    join_cgroups "$name"
    exec nsenter --target "$init" --mount --pid --net --ipc --uts --cgroup --wdns="$directory" -- "$@"
    ;;
esac
