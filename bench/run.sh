#!/usr/bin/env bash
# npm run bench [-- linux|http|probes...]: measures dist/ocirt beside crun and runc. docs/benchmark.md says how to read it.
#   OCIRT=PATH        the runtime to measure, instead of building dist/ocirt
#   BENCH_ROUNDS=100   rounds of the Linux container; BENCH_STARTS=12, BENCH_LOADS=3 and BENCH_SECONDS=3 of the server;
#   BENCH_PODS=50 and BENCH_PROBES=6 of the probes
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

# A v1 controller that is not mounted belongs to the unified hierarchy, and crun refuses the mixture. Mounted in a
# namespace of our own it goes away with it, however this ends.
mount_stray_controllers() {
  local controllers=/sys/fs/cgroup/unified/cgroup.controllers controller
  [[ -e $controllers ]] || return 0
  for controller in $(<"$controllers"); do
    local directory=/sys/fs/cgroup/$controller
    if [[ ! -d $directory ]]; then
      mkdir "$directory" || continue
      made+=("$directory")
    fi
    mount -t cgroup -o "$controller" cgroup "$directory" ||
      echo "bench: $controller stays in the unified hierarchy" >&2
  done
}

clean() {
  local directory
  rm -rf "$work"
  for directory in "${made[@]}"; do
    umount "$directory" || true
    rmdir "$directory" || true
  done
}

if [[ ${1:-} == --inside ]]; then
  shift
  made=()
  work=$(mktemp -d /tmp/ocirt-bench.XXXXXX)
  trap clean EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  chmod 755 "$work"
  mount_stray_controllers
  bash scripts/busybox-rootfs.sh "$work/rootfs"
  scripts/bun.sh bench/main.ts "$work" "$@"
  exit
fi

((EUID == 0)) || {
  echo "bench: containers with cgroups need root" >&2
  exit 1
}
scripts/setup.sh build guests bench
[[ -n $* && $* != *probes* ]] || scripts/setup.sh engines
if [[ -z ${OCIRT:-} ]]; then
  npm run --silent build
  OCIRT=$top/dist/ocirt
fi
mkdir -p build/bench
if [[ $* != linux ]]; then
  bash scripts/guests.sh
  clang -O2 -o build/bench/compute spec-tests/guests/compute.c
fi
musl-gcc -static -O2 -Wall -Wextra -Werror -o build/bench/timer bench/timer.c
OCIRT=$(realpath "$OCIRT") exec unshare --mount --propagation private -- "$BASH" "$0" --inside "$@"
