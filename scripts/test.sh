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
step "build"
npm run --silent build
step "check: types, lint, format"
npm run --silent check
step "guest modules"
bash scripts/guests.sh
step "validation programs"
bash conformance/programs.sh
step "tests"
exec scripts/bun.sh scripts/testing/run.ts "$@"
