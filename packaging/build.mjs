// npm run package: the packages of dist/ocirt in dist/packages/. A tarball with its bill of materials, a Debian
// package, two npm packages (the command, and the executable of this platform), and the checksums of them all.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDeb } from "./deb.mjs";
import { manualPages } from "./manual.mjs";
import { buildNpm } from "./npm.mjs";
import { softwareBill } from "./sbom.mjs";
import { buildTarball } from "./tarball.mjs";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const out = join(top, "dist/packages");
const executable = join(top, "dist/ocirt");

/** The day of the last commit, so that the same sources make the same packages. */
function sourceDate() {
  try {
    const text = execFileSync("git", ["log", "-1", "--format=%cs"], { cwd: top, encoding: "utf8" });
    return text.trim();
  } catch {
    return new Date().toISOString().slice(0, 10);
  }
}

const { version, description } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
const date = sourceDate();
const completion = (shell) => execFileSync(executable, ["completion", shell], { encoding: "utf8" });

const product = {
  top,
  version,
  description,
  date,
  executable,
  /** process.arch: x64, arm64. */
  architecture: process.arch,
  manual: await manualPages(top, { version, date }),
  completions: { bash: completion("bash"), zsh: completion("zsh"), fish: completion("fish") },
  bill: softwareBill(top, { version, date, executable }),
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(tmpdir(), "ocirt-packages-"));
try {
  buildTarball(product, out, work);
  buildDeb(product, out, work);
  buildNpm(product, out, work);
} finally {
  rmSync(work, { recursive: true, force: true });
}
const names = readdirSync(out).sort();
const sum = (name) =>
  createHash("sha256")
    .update(readFileSync(join(out, name)))
    .digest("hex");
writeFileSync(join(out, "SHA256SUMS"), names.map((name) => `${sum(name)}  ${name}\n`).join(""));
for (const name of [...names, "SHA256SUMS"]) process.stdout.write(`${join(out, name)}\n`);
