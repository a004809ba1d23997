// The files of an installation below a prefix, the same in every package that installs to a file system.
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const COMPLETIONS = {
  bash: "share/bash-completion/completions/ocirt",
  zsh: "share/zsh/vendor-completions/_ocirt",
  fish: "share/fish/vendor_completions.d/ocirt.fish",
};

function write(path, content, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** Directories are 0755 and files readable, whatever the caller's umask is. */
export function installBelow(prefix, product) {
  const program = join(prefix, "bin/ocirt");
  mkdirSync(dirname(program), { recursive: true, mode: 0o755 });
  copyFileSync(product.executable, program);
  chmodSync(program, 0o755);
  for (const [name, page] of product.manual) {
    write(join(prefix, "share/man/man8", `${name}.gz`), gzipSync(page, { level: 9 }));
  }
  for (const [shell, path] of Object.entries(COMPLETIONS)) {
    write(join(prefix, path), product.completions[shell]);
  }
  write(join(prefix, "share/doc/ocirt/ocirt.spdx.json"), `${JSON.stringify(product.bill, null, 2)}\n`);
}
