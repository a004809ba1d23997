// ocirt-VERSION-linux-ARCH.tar.gz: to be unpacked into /usr/local. The bill of materials lies beside it, too.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installBelow } from "./install.mjs";

export function buildTarball(product, out, work) {
  const base = `ocirt-${product.version}-linux-${product.architecture}`;
  installBelow(join(work, base), product);
  const same = ["--sort=name", `--mtime=${product.date}`, "--owner=0", "--group=0", "--numeric-owner"];
  execFileSync("tar", [...same, "-czf", join(out, `${base}.tar.gz`), "-C", work, base]);
  writeFileSync(join(out, `${base}.spdx.json`), `${JSON.stringify(product.bill, null, 2)}\n`);
}
