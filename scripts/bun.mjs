// Where the Bun of this platform is: an ordinary npm package, with no install script.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const PACKAGES = { x64: "@oven/bun-linux-x64-baseline", arm64: "@oven/bun-linux-aarch64" };

const name = PACKAGES[process.arch];
if (name === undefined) throw new Error(`ocirt is built for x64 and arm64, not for ${process.arch}`);

export const bunPath = join(
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)),
  "bin/bun",
);
