/** The one program of the runner that is not TypeScript: a subreaper has to be a process of its own. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const top = resolve(import.meta.dirname, "../..");

export const supervisor = join(top, "build/testing/supervise");

export function compileSupervisor(): void {
  mkdirSync(dirname(supervisor), { recursive: true });
  const source = join(top, "scripts/testing/supervise.c");
  if (existsSync(supervisor) && statSync(supervisor).mtimeMs > statSync(source).mtimeMs) return;
  execFileSync("musl-gcc", ["-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", supervisor, source]);
}
