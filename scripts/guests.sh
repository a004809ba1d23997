#!/bin/bash
# Builds the guests of the tests and of the demo from source: C by clang with Debian's wasi-libc, Rust, WAT by wabt.
# Packages: clang lld wasi-libc libclang-rt-14-dev-wasm32 wabt (of another clang its own libclang-rt-*-dev-wasm32).
set -euo pipefail
cd "$(dirname "$0")/.."
source_dir=spec-tests/guests
out=build/guests
mkdir -p "$out"

newer() { # target source...: whether the target is missing or older than a source
  local target=$1
  shift
  for file in "$@"; do [[ $target -nt $file ]] || return 0; done
  return 1
}

for file in "$source_dir"/*.c; do
  wasm=$out/$(basename "${file%.c}").wasm
  newer "$wasm" "$file" "$source_dir"/*.h || continue
  clang --target=wasm32-wasi -std=gnu11 -O2 -Wall -Wextra -Werror -o "$wasm.new" "$file"
  mv "$wasm.new" "$wasm"
done

for file in "$source_dir"/*.wat; do
  wasm=$out/$(basename "${file%.wat}").wasm
  newer "$wasm" "$file" || continue
  wat2wasm --debug-names -o "$wasm.new" "$file"
  mv "$wasm.new" "$wasm"
done

# By the distribution's Rust, where it has WebAssembly's standard library: its target was renamed in 1.84.
rust_target=$(ls /usr/lib/rustlib 2>/dev/null | grep -E '^wasm32-wasi(p1)?$' | tail -n 1 || true)
for file in "$source_dir"/*.rs; do
  wasm=$out/$(basename "${file%.rs}").wasm
  [[ -n $rust_target && -x /usr/bin/rustc ]] && newer "$wasm" "$file" || continue
  /usr/bin/rustc --edition=2021 --target="$rust_target" -O -D warnings -C linker=wasm-ld -C panic=abort \
    -C strip=debuginfo -o "$wasm.new" "$file"
  mv "$wasm.new" "$wasm"
done

# Components: of the modules above, and of sources of their own.
mkdir -p "$out/components"
for file in "$source_dir"/components/*.c; do
  core=$out/components/$(basename "${file%.c}").core
  newer "$core" "$file" "$source_dir"/components/*.h || continue
  clang --target=wasm32 -std=gnu11 -O2 -Wall -Wextra -Werror -nostdlib -Wl,--no-entry -o "$core.new" "$file"
  mv "$core.new" "$core"
done
node scripts/components.mjs "$(scripts/component-tools.sh)" "$out/components"
