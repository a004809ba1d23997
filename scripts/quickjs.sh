#!/usr/bin/env bash
# Prints the directory of QuickJS's sources; fetches them when they are not there. They are Debian's source package,
# of trixie on every release of Debian and Ubuntu; nothing is installed.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/scripts/trixie.sh"
version=2025.04.26
sum=ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe
sources=$top/build/quickjs/quickjs-$version
work=$top/build/quickjs/fetch
archive=quickjs_$version.orig.tar.xz
# A copy outside of the checkout spares the download.
cache=${OCIRT_CACHE:-/var/cache/ocirt}

fetch() {
  local apt
  trixie_apt "$work" apt
  "${apt[@]}" update
  (cd "$work" && "${apt[@]}" source --download-only --only-source quickjs)
}

whole() { printf '%s  %s\n' "$sum" "$1" | sha256sum --check --status 2>/dev/null; }

if [[ ! -e $sources/quickjs.c ]]; then
  mkdir -p "$work"
  if whole "$cache/$archive"; then
    cp "$cache/$archive" "$work/$archive"
  else
    fetch >&2
    whole "$work/$archive" || {
      echo "quickjs: $work/$archive is not the version $version that is expected" >&2
      exit 1
    }
    mkdir -p "$cache" 2>/dev/null && cp "$work/$archive" "$cache/$archive.new" 2>/dev/null &&
      mv "$cache/$archive.new" "$cache/$archive" || true
  fi
  rm -rf "$sources.new"
  mkdir "$sources.new"
  tar -xf "$work/$archive" --strip-components=1 -C "$sources.new"
  mv "$sources.new" "$sources"
  rm -rf "$work"
fi
printf '%s\n' "$sources"
