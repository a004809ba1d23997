// Two npm packages: `ocirt`, which everyone installs, and the executable of one platform, which it depends on
// optionally, so that npm takes the one that fits. No script runs at the installation.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLATFORMS = ["x64", "arm64"];
const platformName = (architecture) => `ocirt-linux-${architecture}`;

/** A shell finds the executable in a millisecond; Node would take longer to start than a container. */
const LAUNCHER = `#!/bin/sh
# Executes the ocirt of this platform, which npm has put beside this package or below it.
self=$(readlink -f -- "$0") || exit 1
package=\${self%/bin/*}
case $(uname -m) in
  x86_64) name=ocirt-linux-x64 ;;
  aarch64) name=ocirt-linux-arm64 ;;
  *) echo "ocirt: there is no executable for $(uname -m)" >&2; exit 1 ;;
esac
for directory in "$package/node_modules" "\${package%/*}"; do
  [ ! -x "$directory/$name/bin/ocirt" ] || exec "$directory/$name/bin/ocirt" "$@"
done
echo "ocirt: the package $name is not installed: npm must not be told to omit optional dependencies" >&2
exit 1
`;

function pack(directory, manifest, out) {
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", out], {
    cwd: directory,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

export function buildNpm(product, out, work) {
  const { version, description, architecture, top } = product;
  const common = { version, description, license: "Apache-2.0", os: ["linux"] };

  const platform = join(work, "npm-platform");
  mkdirSync(join(platform, "bin"), { recursive: true });
  copyFileSync(product.executable, join(platform, "bin/ocirt"));
  chmodSync(join(platform, "bin/ocirt"), 0o755);
  const name = platformName(architecture);
  pack(platform, { name, ...common, cpu: [architecture], libc: ["glibc"], files: ["bin"] }, out);

  const main = join(work, "npm");
  mkdirSync(join(main, "bin"), { recursive: true });
  mkdirSync(join(main, "man"));
  writeFileSync(join(main, "bin/ocirt"), LAUNCHER);
  chmodSync(join(main, "bin/ocirt"), 0o755);
  for (const [page, text] of product.manual) writeFileSync(join(main, "man", page), text);
  copyFileSync(join(top, "README.md"), join(main, "README.md"));
  copyFileSync(join(top, "LICENSE"), join(main, "LICENSE"));
  const optionalDependencies = Object.fromEntries(PLATFORMS.map((cpu) => [platformName(cpu), version]));
  const man = [...product.manual.keys()].map((page) => `man/${page}`);
  pack(main, { name: "ocirt", ...common, bin: { ocirt: "bin/ocirt" }, man, optionalDependencies }, out);
}
