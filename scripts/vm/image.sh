#!/usr/bin/env bash
# image.sh: prints the directory of the guest's image; makes it, as root, when it is not there (one to two minutes):
#   root.ext4   Debian with systemd and what the tests use, trimmed so that it boots in a moment
#   linux       the kernel, which is a program (User-mode Linux)
#   lib/        its loader and C library
# Kept outside of the checkout, by the hash of what it is made from; any of it may be removed at any time.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=trixie
mirror=${OCIRT_DEBIAN_MIRROR:-http://deb.debian.org/debian}
cache=${OCIRT_CACHE:-/var/cache/ocirt}/vm
packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,libsystemd0,kmod,mount,iproute2,procps,passwd,login
packages+=,busybox-static,curl,jq,strace,uidmap,runc,crun,libstdc++6,libatomic1
libraries=usr/lib/x86_64-linux-gnu

keyring() { compgen -G '/usr/share/keyrings/debian-archive-keyring.*' | head -n 1; }

# Called by mmdebstrap in its apt's configuration: the package of the kernel is unpacked, not installed.
fetch_kernel() {
  local work=$1
  cd "$work"
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=5 download user-mode-linux
  dpkg-deb --extract user-mode-linux_*.deb kernel
}

install_kernel() { # IMAGE ROOT WORK
  local image=$1 root=$2 work=$3 version
  cp "$work/kernel/usr/bin/linux.uml" "$image/linux"
  version=$(basename "$work"/kernel/usr/lib/uml/modules/*)
  mkdir -p "$root/usr/lib/modules"
  cp -a "$work/kernel/usr/lib/uml/modules/$version" "$root/usr/lib/modules/$version"
  chroot "$root" depmod "$version"
  mkdir "$image/lib"
  cp -L "$root/$libraries/libc.so.6" "$root/$libraries/ld-linux-x86-64.so.2" "$image/lib/"
}

make_image() { # IMAGE
  local image=$1 work=$1/work root=$1/work/root
  mkdir -p "$work"
  mmdebstrap --quiet --mode=root --variant=essential --architectures=amd64 --include="$packages" --format=directory \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "5"' \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="bash '$here/image.sh' fetch-kernel '$work'" \
    "$suite" "$root" "deb [signed-by=$(keyring)] $mirror $suite main" >&2
  install_kernel "$image" "$root" "$work"
  bash "$here/trim.sh" "$root"
  cp -r "$here/guest/." "$root/"
  mke2fs -q -t ext4 -O '^has_journal,^resize_inode' -E lazy_itable_init=1 -m 0 -d "$root" "$image/root.ext4" 8G >&2
  rm -rf "$work"
}

if [[ ${1:-} == fetch-kernel ]]; then
  fetch_kernel "$2"
  exit
fi
key=$(cd "$here" && find image.sh trim.sh guest -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
image=$cache/$key
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [[ ! -e $image ]]; then
  rm -rf "$cache/making"
  # Images of other recipes are of no use to this one; those in use stay whole as long as they are open.
  find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +7 -exec rm -rf {} +
  make_image "$cache/making"
  mv "$cache/making" "$image"
fi
printf '%s\n' "$image"
