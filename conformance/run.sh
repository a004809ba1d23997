#!/usr/bin/env bash
# npm run conformance [-- [--table] PROGRAM...]: the validation programs of OCI's runtime-tools against dist/ocirt.
#   OCIRT_RUNTIME=PATH   the runtime to validate, instead of building dist/ocirt
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

((EUID == 0)) || {
  echo "conformance: containers are made as root; run it as root" >&2
  exit 1
}
groups=(build test)
[[ " $* " != *" --table "* ]] || groups+=(bench)
scripts/setup.sh "${groups[@]}"
[[ -n ${OCIRT_RUNTIME:-} ]] || npm run --silent build
exec scripts/bun.sh conformance/main.ts "$@"
