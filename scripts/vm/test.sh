#!/usr/bin/env bash
# npm run test:vm [-- PART...]: the conformance tests in the guest, where cgroups are pure v2 and systemd is PID 1. With
# PARTs, only the suite files whose path holds one of them. docs/testing.md. Ends with "N passed, N failed".
#   --built   build nothing: what is in dist and build is what is tested
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

built=
if [[ ${1:-} == --built ]]; then
  built=yes
  shift
fi
scripts/setup.sh build guests test vm
if [[ -z $built ]]; then
  npm run --silent build
  bash scripts/guests.sh
fi
# The guest has no compilers: what the tests need is compiled here.
scripts/bun.sh scripts/vm/prepare.ts
# All but the engines, whose own tests need more than the guest has.
if ((! $#)); then
  mapfile -t all < <(printf '%s\n' spec-tests/*.test.ts spec-tests/{replay,resources}/*.test.ts)
  set -- "${all[@]}"
fi
bun=$(scripts/bun.sh --print process.execPath)
OCIRT_VM_PASS="CI OCIRT_TEST OCIRT_RUNTIME OCIRT_RUNTIME_ARGS" \
  exec scripts/vm/run.sh "$bun" scripts/testing/run.ts "$@"
