#!/usr/bin/env bash
# trim.sh ROOT: leaves of Debian's systemd what containers meet on a real machine (PID 1, user managers, D-Bus,
# logind) and removes what only makes the guest boot slower: generators, udev, journal, terminals, timers.
set -euo pipefail
root=$1
units=$root/usr/lib/systemd

system=(basic.target paths.target slices.target sockets.target sysinit.target local-fs.target local-fs-pre.target
  remote-fs.target swap.target timers.target shutdown.target final.target umount.target poweroff.target reboot.target
  halt.target exit.target multi-user.target network.target nss-user-lookup.target machine.slice user.slice user-.slice.d
  user-runtime-dir@.service user@.service user@.service.d user@0.service.d dbus.service dbus.socket
  dbus-org.freedesktop.login1.service systemd-logind.service systemd-logind.service.d systemd-poweroff.service
  systemd-reboot.service systemd-halt.service systemd-exit.service)
user=(app.slice background.slice session.slice basic.target default.target exit.target paths.target shutdown.target
  sockets.target timers.target dbus.service dbus.socket systemd-exit.service)

keep() { # DIRECTORY NAME...
  local directory=$1 path
  shift
  for path in "$directory"/*; do
    [[ " $* " == *" ${path##*/} "* ]] || rm -rf "$path"
  done
}

rm -rf "$units"/{system-generators,system-environment-generators,user-environment-generators,user-generators}/* \
  "$units"/system-shutdown/* "$root"/etc/systemd/{system,user}/*
keep "$units/system" "${system[@]}"
keep "$units/user" "${user[@]}"
for manager in system user; do
  mkdir -p "$units/$manager/sockets.target.wants"
  ln -s ../dbus.socket "$units/$manager/sockets.target.wants/"
done
ln -s test.target "$root/etc/systemd/system/default.target"

: >"$root/etc/fstab"
: >"$root/etc/resolv.conf"
echo guest >"$root/etc/hostname"
printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$root/etc/hosts"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"

# The user of rootless containers, with subordinate ids.
chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash test
for table in subuid subgid; do
  grep -q ^test: "$root/etc/$table" || echo test:100000:65536 >>"$root/etc/$table"
done
