#!/usr/bin/env bash
# busybox-rootfs.sh DIR: makes a root file system of Debian's static busybox and a link for each of its applets.
set -euo pipefail
(($# == 1)) || {
  echo "usage: busybox-rootfs.sh DIR" >&2
  exit 64
}
busybox=$(command -v busybox) || {
  echo "busybox-rootfs: no busybox; scripts/setup.sh demo installs it" >&2
  exit 1
}
mkdir -p "$1"/{bin,dev,etc,proc,root,sys,tmp}
chmod 1777 "$1/tmp"
cp "$busybox" "$1/bin/busybox"
"$busybox" --list | while read -r applet; do
  [[ $applet == busybox ]] || ln -s busybox "$1/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
printf 'root:x:0:\n' >"$1/etc/group"
