#!/usr/bin/env bash
# newer.sh SUITE [PART...]: the engines' tests with the engines of a newer Debian release (trixie, sid), in a root file
# system of its own that is made when it is not there (about a minute, 1.5 GB).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
suite=$1
shift
mirror=${OCIRT_DEBIAN_MIRROR:-http://deb.debian.org/debian}
cache=${OCIRT_CACHE:-/var/cache/ocirt}
root=$cache/engines-$suite-$(dpkg --print-architecture)
# After the engines what the tests themselves call.
packages=podman,conmon,netavark,containerd,containernetworking-plugins,docker.io,docker-cli,runc,crun
packages+=,busybox-static,ca-certificates,curl,iproute2,jq,mount,musl-tools,procps,strace,uidmap

if [[ ! -e $root/.packages || $(<"$root/.packages") != "$packages" ]]; then
  mkdir -p "$cache"
  rm -rf "$root" "$root.new"
  mmdebstrap --quiet --mode=root --variant=essential --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "5"' --dpkgopt=force-unsafe-io \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$root.new" \
    "deb [signed-by=$(compgen -G '/usr/share/keyrings/debian-archive-keyring.*' | head -n 1)] $mirror $suite main" >&2
  printf '%s\n' "$packages" >"$root.new/.packages"
  mv "$root.new" "$root"
fi
((${#})) || set -- ""
bun=$(node -e "import('$top/scripts/bun.mjs').then(({ bunPath }) => console.log(bunPath))")
exec "$top/scripts/enter-root.sh" "$root" "$top" "$bun" "$top/scripts/testing/run.ts" \
  "${@/#/spec-tests/engines/}"
