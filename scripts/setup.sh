#!/usr/bin/env bash
# setup.sh [group...]: installs what the named groups of scripts/packages.txt need and is missing (all groups
# when none is named), and the npm packages of the lockfile. Does nothing, quickly, when all is there.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
table=$top/scripts/packages.txt
log=$top/build/setup.log
readonly attempts=4

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# A probe is a command's name, or the path of a file, with wildcards.
present() {
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# retry <what> <command...>: a download may fail for a moment; waits longer each time. Shows what the command said
# only when it failed.
retry() {
  local what=$1 try
  shift
  for ((try = 1; ; try++)); do
    "$@" >"$log" 2>&1 && return
    tail -n 20 "$log" >&2
    ((try < attempts)) || die "$what failed $attempts times; all of the last attempt's output is in $log"
    say "$what failed, trying again in $((try * 5)) s"
    sleep $((try * 5))
  done
}

apt() {
  local root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "installing packages needs root: run it as root, or install sudo"
    root=(sudo)
  fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# The version in the name of the packages of this suite's default clang: clang depends on clang-14, say.
clang_version() { apt-cache depends clang 2>/dev/null | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p' | head -n 1; }

has_candidate() { [[ $(apt-cache policy "$1" 2>/dev/null) == *Candidate:\ [!\(]* ]]; }

# choose <name|name...>: the first of the names that the archive has; @ stands for clang's version.
choose() {
  local name names
  IFS='|' read -ra names <<<"$1"
  for name in "${names[@]}"; do
    [[ $name != *@* ]] || name=${name//@/$(clang_version)}
    if has_candidate "$name"; then
      printf '%s\n' "$name"
      return
    fi
  done
  return 1
}

# Prints the package column of every missing row of the groups.
missing() {
  local group package probe
  while read -r group package probe; do
    [[ -n $group && $group != \#* ]] || continue
    [[ " $* " == *" $group "* ]] || continue
    present "$probe" || printf '%s\n' "$package"
  done <"$table"
}

install_packages() {
  local wanted=() chosen=() row name updated=
  mapfile -t wanted < <(missing "$@" | sort -u)
  ((${#wanted[@]})) || return 0
  command -v apt-get >/dev/null || die "missing, and there is no apt-get here: ${wanted[*]}"
  for row in "${wanted[@]}"; do
    if ! name=$(choose "$row"); then
      if [[ -z $updated ]]; then
        retry "apt-get update" apt update
        updated=yes
      fi
      name=$(choose "$row") || die "the package archives configured here have no ${row//|/ or }"
    fi
    chosen+=("$name")
  done
  say "installing ${chosen[*]}"
  retry "apt-get install" install_once "${chosen[@]}"
  mapfile -t wanted < <(missing "$@" | sort -u)
  ((${#wanted[@]} == 0)) || die "installed, but still not found: ${wanted[*]}"
}

# Package lists that are older than the archive name files that are gone: the second attempt has new lists.
# --no-remove: on a machine with docker-ce, Debian's runc would push containerd.io out.
install_once() {
  apt install --no-install-recommends --no-remove "$@" && return
  apt update || true
  return 1
}

check_node() {
  local version
  if ! { present node && present npm; }; then
    die "Node.js 20 or newer with npm is needed"
  fi
  version=$(node --version)
  version=${version#v}
  ((${version%%.*} >= 20)) || die "Node.js 20 or newer is needed; this is $version"
}

# Without scripts: none of the packages needs one, and beside a binding.gyp npm would run node-gyp, which downloads.
npm_ci() {
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || {
    rm -f "$installed"
    return 1
  }
  touch "$installed"
}

install_modules() {
  # npm writes down in node_modules what it has installed there.
  local installed=$top/node_modules/.package-lock.json
  [[ ! -e $installed || $top/package-lock.json -nt $installed ]] || return 0
  check_node
  say "npm ci"
  cd "$top"
  retry "npm ci" npm_ci
}

groups=("$@")
if ((${#groups[@]} == 0)); then
  mapfile -t groups < <(sed -n 's/^\([a-z][a-z]*\) .*/\1/p' "$table" | sort -u)
fi
for group in "${groups[@]}"; do
  grep -q "^$group " "$table" || die "no group named $group in $table"
done
mkdir -p "$top/build"
exec 9>"$top/build/.setup.lock"
flock 9
install_packages "${groups[@]}"
install_modules
