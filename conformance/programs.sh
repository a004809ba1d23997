#!/usr/bin/env bash
# Prints the directory of the validation programs of OCI's runtime-tools; makes them when they are not there, in half a
# minute. Everything comes from Debian trixie's archive, on every release, and nothing is installed: the source package,
# the Go compiler and the libraries that it is built with.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/scripts/trixie.sh"
package=golang-github-opencontainers-runtime-tools
version=0.9.0.109.ge931285
sum=203989a1ea98cf2aaced79155bbda09270b20db19b03376dde91ab12e5e6a0fe
go=1.24
packages=(
  "golang-$go-go" "golang-$go-src"
  # of the validation programs
  golang-github-blang-semver-dev golang-github-hashicorp-go-multierror-dev golang-github-hashicorp-errwrap-dev
  golang-github-opencontainers-selinux-dev golang-github-opencontainers-specs-dev golang-github-sirupsen-logrus-dev
  golang-github-google-uuid-dev golang-github-mrunalp-fileutils-dev golang-gocapability-dev golang-golang-x-sys-dev
  # of runtimetest, which they run in containers
  golang-github-urfave-cli-dev golang-github-cpuguy83-go-md2man-v2-dev golang-github-russross-blackfriday-v2-dev
)

# Kept outside of the checkout where that is possible. The name changes with all that the programs are made from.
key=$(cat "$0" "$top/conformance/tap-go/tap.go" | sha256sum | head -c 12)
cache=${OCIRT_CACHE:-/var/cache/ocirt}
{ mkdir -p "$cache" && [[ -w $cache ]]; } 2>/dev/null || cache=$top/build
home=$cache/runtime-tools-$key
work=$home.$$

fetch() {
  local apt
  trixie_apt "$work" apt
  "${apt[@]}" update
  # The tar archive alone: what Debian changes in it is only for its own build.
  (cd "$work" && "${apt[@]}" source --tar-only --only-source "$package" && "${apt[@]}" download "${packages[@]}")
}

# A download may fail for a moment; whatever else fails will do so again.
retry() {
  local try
  for try in 1 2 3; do
    "$@" && return
    sleep $((try * 5))
  done
  "$@"
}

make_programs() {
  local archive=$work/${package}_$version.orig.tar.xz deb
  mkdir -p "$work/programs" "$work/src/github.com/mndrix"
  retry fetch
  sha256sum --check --status <<<"$sum  $archive" || {
    echo "conformance: $archive is not the version $version that is expected" >&2
    return 1
  }
  for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
  local tools=$work/src/github.com/opencontainers/runtime-tools
  mkdir -p "$tools"
  tar -xf "$archive" --strip-components=1 -C "$tools"
  cp -r "$top/conformance/tap-go" "$work/src/github.com/mndrix/"
  cp "$tools"/rootfs-*.tar.gz "$work/programs/"
  local names=("$tools"/validation/*/)
  names=("${names[@]#"$tools/"}")
  cd "$tools"
  env GOROOT="$work/root/usr/lib/go-$go" GOPATH="$work:$work/root/usr/share/gocode" GOCACHE="$work/gocache" \
    GO111MODULE=off GOTOOLCHAIN=local GOFLAGS= GOENV=off CGO_ENABLED=0 \
    "$work/root/usr/lib/go-$go/bin/go" build -ldflags '-s -w' -o "$work/programs/" \
    ./cmd/runtimetest $(printf './%s\n' "${names[@]}" | grep -v /util/)
}

if [[ ! -e $home ]]; then
  trap 'rm -rf "$work"' EXIT
  make_programs >&2
  # One that another run has made meanwhile is as good.
  mv -T "$work/programs" "$home" 2>/dev/null || [[ -e $home ]]
fi
printf '%s\n' "$home"
