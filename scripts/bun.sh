#!/usr/bin/env bash
# bun.sh ARGS...: the Bun of node_modules, which runs the tests and the benchmark straight from the sources.
set -euo pipefail
program='import { bunPath } from "./bun.mjs"; console.log(bunPath)'
bun=$(cd "$(dirname "${BASH_SOURCE[0]}")" && node --input-type=module -e "$program")
exec "$bun" "$@"
