#!/usr/bin/env bash
# npm run demo: a Linux container and a Wasm HTTP server, from a fresh clone on. Every command is shown before it
# runs. Fails when anything is not as expected, and leaves nothing behind.
#   OCIRT=PATH  the runtime to show, instead of building dist/ocirt
#   PORT=8080   where the server listens; the next free port when it is taken
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
box=demo-box-$$ web=demo-web-$$
work=

title() { printf '\n== %s\n' "$*"; }
die() {
  local log
  for log in box.log web.log; do
    [[ ! -s $log ]] || sed "s/^/$log: /" "$log" >&2
  done
  printf '\ndemo: %s\n' "$*" >&2
  exit 1
}

# show TEXT: prints a command as one would type it, then runs it.
show() {
  printf '\n$ %s\n' "$1"
  eval "$1" || die "this failed with status $?"
}

# edit FILE FILTER: changes a JSON file with jq.
edit() { show "jq '$2' $1 > new.json && mv new.json $1"; }

# expect WHAT COMMAND...: a check that is not part of the story.
expect() {
  local what=$1
  shift
  "$@" || die "expected $what"
}

# eventually WHAT COMMAND...: the same, with ten seconds of patience.
eventually() {
  local what=$1 try
  shift
  for ((try = 0; try < 200; try++)); do
    "$@" 2>/dev/null && return
    sleep 0.05
  done
  die "expected $what, within 10 seconds"
}

status_is() { [[ $(ocirt state "$1" | jq -r .status) == "$2" ]]; }
is_listed() { ocirt list -q | grep -qx "$1"; }
is_gone() { ! is_listed "$1"; }
port_is_free() { [[ -z $(ss -Hltn "sport = :$1") ]]; }

clean() {
  local id
  [[ -n $work ]] || return 0
  cd "$top"
  for id in "$box" "$web"; do
    ! is_listed "$id" || ocirt delete --force "$id" || true
  done
  rm -rf "$work"
}

prepare() {
  ((EUID == 0)) || die "containers are made as root; run it as root"
  title "Set-up: packages, npm modules, build, guest modules"
  scripts/setup.sh build guests demo
  if [[ -z ${OCIRT:-} ]]; then
    npm run --silent build
    OCIRT=$top/dist/ocirt
  fi
  bash scripts/guests.sh
  work=$(mktemp -d /tmp/ocirt-demo.XXXXXX)
  trap clean EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir "$work/path"
  ln -s "$(realpath "$OCIRT")" "$work/path/ocirt"
  PATH=$work/path:$PATH
  cd "$work"
}

linux_container() {
  title "A Linux container: busybox, once"
  show "mkdir -p box"
  show "$top/scripts/busybox-rootfs.sh box/rootfs"
  show "ocirt spec --bundle box"
  edit box/config.json '.process.terminal = false | .process.args = ["sh", "-c", "echo Hello from $(hostname), process $$; ls /"]'
  show "ocirt run --bundle box $box | tee output"
  expect "the greeting of process 1" grep -q '^Hello from .*, process 1$' output
  expect "the root file system" grep -qx 'bin' output
  expect "the container to be gone after run" is_gone "$box"

  title "The same in single steps"
  edit box/config.json '.process.args = ["sleep", "1000"]'
  show "ocirt create --bundle box $box > box.log 2>&1"
  show "ocirt state $box"
  expect "status created" status_is "$box" created
  show "ocirt start $box"
  expect "status running" status_is "$box" running
  show "ocirt kill $box KILL"
  eventually "status stopped" status_is "$box" stopped
  show "ocirt delete $box"
  expect "the container to be gone after delete" is_gone "$box"
}

wasm_container() {
  local port=${PORT:-8080}
  while ! port_is_free "$port"; do ((port++)); done

  title "A WebAssembly container: an HTTP server"
  show "mkdir -p web/rootfs"
  show "cp $top/build/guests/http-server.wasm web/rootfs/"
  show "ocirt spec --bundle web"
  edit web/config.json '.process.terminal = false | .process.args = ["/http-server.wasm", "'"$port"'"]'
  edit web/config.json '.annotations["module.wasm.image/variant"] = "compat"'
  edit web/config.json '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"'
  show "ocirt run --detach --bundle web $web > web.log 2>&1"
  eventually "an answer on port $port" curl --silent --fail --output answer "http://localhost:$port/"
  show "curl --silent --show-error --include http://localhost:$port/"
  expect "an answer that is not empty" test -s answer
  show "ocirt list"
  expect "the server to be listed" is_listed "$web"
  show "ocirt kill $web SIGKILL"
  eventually "status stopped" status_is "$web" stopped
  show "ocirt delete $web"
  expect "the container to be gone after delete" is_gone "$web"
  expect "the port to be free again" port_is_free "$port"
}

prepare
linux_container
wasm_container
title "All as expected."
