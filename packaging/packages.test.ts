/** Each package is installed where nothing of this project is, and runs a container there. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const top = resolve(import.meta.dirname, "..");
const packages = join(top, "dist/packages");
const work = mkdtempSync(join(tmpdir(), "ocirt-packages-"));
const root = join(work, "root");

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: work, encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });

/** The package whose file name matches. */
function packed(pattern: RegExp): string {
  const name = readdirSync(packages).find((file) => pattern.test(file));
  assert.ok(name, `${pattern} in ${readdirSync(packages).join(" ")}`);
  return join(packages, name as string);
}

/** Runs a shell script in the clean root. */
const inside = (script: string) =>
  run(join(top, "scripts/enter-root.sh"), root, work, "/bin/sh", "-euc", script);

/** Makes a bundle, runs it with the given executable, and is silent but for the container's output. */
const CONTAINER = (ocirt: string) => `
  mkdir -p /tmp/bundle/rootfs/bin && cp ${work}/busybox /tmp/bundle/rootfs/bin/busybox
  cd /tmp/bundle && ${ocirt} spec
  sed -i -e 's/"terminal": true/"terminal": false/' -e 's/"sh"/"busybox", "echo", "from a container"/' config.json
  ${ocirt} run packaged
`;

test.before(() => {
  execFileSync("npm", ["run", "--silent", "package"], { cwd: top, stdio: ["ignore", "ignore", "inherit"] });
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
  const flags = [
    "--quiet",
    "--mode=root",
    "--variant=essential",
    "--include=mount",
    "--dpkgopt=force-unsafe-io",
  ];
  run("mmdebstrap", ...flags, suite, root);
  run("cp", "/bin/busybox", join(work, "busybox"));
});

test.after(() => rmSync(work, { recursive: true, force: true }));

test("the checksums are those of the packages", () => {
  const result = execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: packages, encoding: "utf8" });
  assert.is(result.split("\n").filter((line) => line.endsWith(": OK")).length, 5);
});

test("the Debian package: installed, run, its manual and completions in place, removed", () => {
  run("cp", packed(/\.deb$/), join(work, "ocirt.deb"));
  const output = inside(`dpkg --install ${work}/ocirt.deb >/dev/null; ${CONTAINER("ocirt")}`);
  assert.is(output, "from a container\n");
  const listed = inside("dpkg --listfiles ocirt");
  for (const file of ["/usr/bin/ocirt", "/usr/share/man/man8/ocirt-run.8.gz", "completions/ocirt"])
    assert.ok(listed.includes(file), file);
  inside("dpkg --purge ocirt >/dev/null");
  assert.not(existsSync(join(root, "usr/bin/ocirt")));
});

test("the tarball: unpacked into /usr/local and run", () => {
  run("tar", "-xzf", packed(/\.tar\.gz$/), "--strip-components=1", "-C", join(root, "usr/local"));
  assert.is(inside(CONTAINER("/usr/local/bin/ocirt")), "from a container\n");
});

test("the npm packages: installed without a script and without the network, and run", () => {
  const prefix = join(work, "npm");
  mkdirSync(prefix);
  const flags = ["--global", "--prefix", prefix, "--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  run("npm", "install", ...flags, packed(/^ocirt-linux-.*\.tgz$/), packed(/^ocirt-\d.*\.tgz$/));
  const version = run(join(prefix, "bin/ocirt"), "--version");
  assert.match(version, /^ocirt version \d/);
  run("mkdir", "-p", "bundle/rootfs/bin");
  run("cp", "busybox", "bundle/rootfs/bin/busybox");
  run("sh", "-euc", `cd bundle; ${join(prefix, "bin/ocirt")} spec`);
  const edit = 's/"terminal": true/"terminal": false/; s/"sh"/"busybox", "echo", "from a container"/';
  run("sed", "-i", edit, "bundle/config.json");
  const id = `packaged${process.pid}`;
  assert.is(run(join(prefix, "bin/ocirt"), "run", "--bundle", "bundle", id), "from a container\n");
});

test("the bill of materials names what is inside", () => {
  const bill = JSON.parse(readFileSync(packed(/\.spdx\.json$/), "utf8"));
  const names = (bill.packages as { name: string }[]).map(({ name }) => name);
  for (const name of ["ocirt", "quickjs", "libseccomp", "yargs", "@wasmer/wasi", "proper-lockfile", "musl"])
    assert.ok(names.includes(name), `${name} in ${names.join(" ")}`);
  assert.ok(names.some((name) => name.startsWith("@oven/bun-linux-")));
});

test("the manual pages are well formed", () => {
  const pages = run("tar", "-tzf", packed(/^ocirt-\d.*\.tgz$/)).split("\n");
  const found = pages.filter((path) => path.endsWith(".8"));
  assert.ok(found.length > 10);
  for (const path of found) {
    const page = execFileSync("tar", ["-xOzf", packed(/^ocirt-\d.*\.tgz$/), path]);
    const warnings = execFileSync("sh", ["-c", "groff -man -Tutf8 -ww -z 2>&1"], {
      input: page,
      encoding: "utf8",
    });
    assert.is(warnings, "", path);
  }
});

test.run();
