#!/usr/bin/env bash
# run.sh [--timeout SECONDS] COMMAND...: runs a command in a guest that is thrown away after it: systemd as PID 1, pure
# cgroup v2. The checkout is there under its own path, and the command starts in it. Output and exit status are the
# command's; 125 when the guest gave none. Needs root, and no virtualisation: the guest's kernel is User-mode Linux.
#   OCIRT_VM_MEMORY=2048  MiB   OCIRT_VM_CPU=N  the CPU it runs on   OCIRT_VM_PASS="NAME..."  variables for the command
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
seconds=1200
if [[ ${1:-} == --timeout ]]; then
  seconds=$2
  shift 2
fi
die() {
  printf 'vm: %s\n' "$*" >&2
  exit 125
}
(($#)) || die "usage: run.sh [--timeout SECONDS] COMMAND..."
((EUID == 0)) || die "has to be run as root"

# The script that the guest runs.
command_text() {
  local name
  printf 'mkdir -p %q && mount -t hostfs -o hostfs=%q none %q && cd %q || exit 125\n' "$top" "$top" "$top" "$top"
  for name in ${OCIRT_VM_PASS:-}; do
    [[ -z ${!name+x} ]] || printf 'export %s=%q\n' "$name" "${!name}"
  done
  printf 'exec'
  printf ' %q' "$@"
  printf '\n'
}

# The kernel is dynamically linked against a C library newer than the host's may be: it gets a root of its own, with
# the image, the control directory and the checkout. All mounts are in a namespace that ends with it.
jail() { # IMAGE WORK ARGUMENT...
  local image=$1 work=$2 root=$2/root
  shift 2
  mkdir -p "$root"/{lib64,lib/x86_64-linux-gnu,image,proc,dev,tmp,control} "$root$top"
  cp "$image/lib/ld-linux-x86-64.so.2" "$root/lib64/"
  cp "$image/lib/libc.so.6" "$root/lib/x86_64-linux-gnu/"
  mount --bind "$image" "$root/image"
  mount --bind "$work" "$root/control"
  mount --rbind "$top" "$root$top"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  # Its memory is a file there.
  TMPDIR=/dev/shm HOME=/ exec chroot "$root" /image/linux "$@"
}

if [[ ${OCIRT_VM_JAIL:-} == yes ]]; then
  unset OCIRT_VM_JAIL
  jail "$@"
fi

image=$("$here/image.sh")
work=$(mktemp -d /tmp/ocirt-vm.XXXXXX)
relays=()
guest=
clean() {
  [[ -z $guest ]] || kill "$guest" 2>/dev/null || true
  [[ -z $guest ]] || wait "$guest" || true
  ((${#relays[@]} == 0)) || kill "${relays[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command_text "$@" >"$work/command"
# Relays: the kernel makes what it is given non-blocking, which our own stdout and stderr must not become.
mkfifo "$work/out" "$work/err"
cat <"$work/out" &
relays+=($!)
cat <"$work/err" >&2 &
relays+=($!)
exec 3>"$work/out" 4>"$work/err"
# On one CPU: between several, each system call inside moves from one to another and takes 2 to 10 times as long.
OCIRT_VM_JAIL=yes timeout --kill-after=5 "$seconds" taskset --cpu-list "${OCIRT_VM_CPU:-$((RANDOM % $(nproc)))}" \
  setarch --addr-no-randomize unshare --mount --propagation private -- \
  "$BASH" "$0" "$image" "$work" "mem=${OCIRT_VM_MEMORY:-2048}M" ubd0=/control/changes,/image/root.ext4 \
  root=/dev/ubda rw con=null ssl=null con0=null,fd:1 ssl1=null,fd:3 ssl2=null,fd:4 \
  panic=-1 ocirt.control=/control </dev/null >"$work/console" 2>&1 &
guest=$!
exec 3>&- 4>&-
ended=0
wait "$guest" || ended=$?
guest=
wait "${relays[@]}" || true
relays=()
if [[ ! -s $work/status ]]; then
  tail -n 40 "$work/console" >&2
  ((ended != 124)) || die "the command did not end within $seconds s"
  die "the guest ended with status $ended and without the command's; its console's last lines are above"
fi
exit "$(<"$work/status")"
