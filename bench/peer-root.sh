#!/usr/bin/env bash
# The root file system in which crun with WasmEdge lives: Debian trixie's packages, which bookworm doesn't have.
#   peer-root.sh make                     makes it if needed (some 230 MB) and prints its path
#   peer-root.sh enter WORK COMMAND...    runs COMMAND in it; the directory WORK is there under the same path
set -euo pipefail
suite=trixie
# mount: umount(8), which is not essential. libspdlog1.15: WasmEdge's library needs it and its package doesn't say so.
packages=crun,libwasmedge0,libspdlog1.15,mount
mirror=${OCIRT_BENCH_MIRROR:-http://deb.debian.org/debian}
cache=${OCIRT_BENCH_CACHE:-/var/cache/ocirt-bench}
root=$cache/$suite-$(dpkg --print-architecture)

make_root() {
  if [[ ! -e $root/.packages || $(<"$root/.packages") != "$packages" ]]; then
    mkdir -p "$cache"
    rm -rf "$root" "$root.new"
    mmdebstrap --quiet --mode=root --variant=essential --include="$packages" \
      --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "5"' --dpkgopt=force-unsafe-io \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' \
      "$suite" "$root.new" \
      "deb [signed-by=$(compgen -G '/usr/share/keyrings/debian-archive-keyring.*' | head -n 1)] $mirror $suite main" >&2
    printf '%s\n' "$packages" >"$root.new/.packages"
    mv "$root.new" "$root"
  fi
  printf '%s\n' "$root"
}

command=${1:-}
shift || true
case $command in
  make) make_root ;;
  enter)
    [[ -e $root/.packages ]] || { echo "peer-root: not made yet" >&2; exit 1; }
    exec "$(dirname "${BASH_SOURCE[0]}")/../scripts/enter-root.sh" "$root" "$@"
    ;;
  *)
    echo "usage: peer-root.sh make | enter WORK COMMAND..." >&2
    exit 64
    ;;
esac
