#!/usr/bin/env bash
# npm test [-- PART...]: everything that can be checked, from a fresh clone on. With PARTs, only the suite files
# whose path holds one of them. Ends with the line "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

((EUID == 0)) || {
  echo "test: containers are made as root; run it as root" >&2
  exit 1
}
step() { printf '\n== %s\n' "$*"; }

step "set-up"
scripts/setup.sh build guests test engines package
scripts/setup.sh rust || echo "no Rust for WebAssembly here: the tests with a guest in Rust are skipped"
step "build"
npm run --silent build
step "check: types, lint, format"
npm run --silent check
step "guest modules"
bash scripts/guests.sh
step "validation programs"
bash conformance/programs.sh
step "tests"
if (($#)); then
  exec scripts/bun.sh scripts/testing/run.ts "$@"
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
scripts/bun.sh scripts/testing/run.ts | tee "$log" || status=1

# What depends on cgroup v2 or on systemd, once more where they are. User-mode Linux is for x86-64.
if [[ $(uname -m) == x86_64 ]]; then
  step "tests in a virtual machine: cgroup v2, systemd"
  in_guest=(cgroup-systemd config-linux-cgroups config-linux-resources config-linux-device config-linux-namespaces config-linux-userns
    cli-pause cli-update cli-events exec /rootless runtime-lifecycle runtime-delete)
  scripts/vm/test.sh --built "${in_guest[@]}" | tee -a "$log" || status=1
fi

# One line for both.
awk '/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { passed += $1; failed += $3; skipped += $5 }
  END { printf "\n%d passed, %d failed%s\n", passed, failed, (skipped > 0 ? ", " skipped " skipped" : "") }' "$log"
exit "$status"
