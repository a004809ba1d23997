// Builds the static init program with musl: node scripts/build-init.mjs OUTPUT. Used by CMake and node-gyp.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { generateStepsHeader } from "./generate-steps.mjs";

const TRIPLETS = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

const top = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const [output] = process.argv.slice(2);
if (output === undefined) throw new Error("usage: build-init.mjs OUTPUT");

const generated = join(top, "build/generated");
mkdirSync(generated, { recursive: true });
writeFileSync(join(generated, "steps.gen.h"), await generateStepsHeader(top));

const source = join(top, "native/init");
const sources = readFileSync(join(source, "sources.txt"), "utf8").trim().split("\n");
const flags = [
  "-std=gnu11",
  "-D_GNU_SOURCE",
  "-Os",
  "-Wall",
  "-Wextra",
  "-Werror=implicit",
  "-fno-asynchronous-unwind-tables",
  "-ffunction-sections",
  "-fdata-sections",
  "-static",
  "-Wl,--gc-sections",
  "-s",
  ...[generated, join(top, "native"), source].flatMap((directory) => ["-I", directory]),
  // The kernel's headers, behind musl's own.
  ...["/usr/include", `/usr/include/${TRIPLETS[process.arch]}`].flatMap((directory) => [
    "-idirafter",
    directory,
  ]),
];
execFileSync("musl-gcc", [...flags, "-o", output, ...sources.map((name) => join(source, name))], {
  stdio: "inherit",
});
