#!/usr/bin/env bash
# component-tools.sh: prints a directory with the tools that make components of modules (wasm-tools as jco brings it,
# with the adapter of preview 1 and the interfaces of WASI). Four packages of npm without what they depend on, 2.5 MB,
# by their checksums. For tests only.
set -euo pipefail
packages=(
  "@bytecodealliance/jco 1.35.0 893e80e993a2cb3735e195a0c2dc3ab7d683877a813bb024a27499ee86e12b13"
  "@bytecodealliance/jco-transpile 0.15.0 8386c1fe1919f57747626ac9622f7505efd560394ee0b43544907ff963fb6aff"
  "@bytecodealliance/preview2-shim 0.26.1 58e433a5febead468ecedd97756fe49d845589d29f3e02e23972baae270f8372"
  "@bytecodealliance/jco-node-fs 0.3.2 e98d57cdc025dcea97f530baea65fa501af7f739056f38b2435805dbd2f45972"
)
readonly attempts=4
cache=${OCIRT_CACHE:-/var/cache/ocirt}
directory=$cache/component-tools-$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-12)

if [[ ! -e $directory ]]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/component-tools.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  for row in "${packages[@]}"; do
    read -r name version sum <<<"$row"
    for ((try = 1; ; try++)); do
      npm pack --silent --pack-destination "$work" "$name@$version" >/dev/null && break
      ((try < attempts)) || exit 1
      sleep $((try * 5))
    done
    file=$(compgen -G "$work/*.tgz")
    echo "$sum  $file" | sha256sum --check --quiet -
    mkdir -p "$work/node_modules/$name"
    tar -xzf "$file" -C "$work/node_modules/$name" --strip-components=1 --no-same-owner
    rm "$file"
  done
  # Another run may have been faster.
  mv -T "$work" "$directory" 2>/dev/null || [[ -e $directory ]]
fi
printf '%s\n' "$directory"
