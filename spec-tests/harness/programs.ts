/** The small C programs of the tests, compiled when first needed and kept in build/. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { projectTop } from "./runtime.ts";

const COMPILED = join(projectTop, "build/spec-tests");

interface Target {
  readonly suffix: string;
  readonly compiler: readonly string[];
}

const HOST: Target = { suffix: "", compiler: ["musl-gcc", "-static", "-Os"] };
const WASM: Target = { suffix: ".wasm", compiler: ["clang", "--target=wasm32-wasi", "-O2"] };

function compiled(name: string, { suffix, compiler }: Target): string {
  const source = join(projectTop, `spec-tests/harness/programs/${name}.c`);
  const program = join(COMPILED, `${name}${suffix}`);
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(COMPILED, { recursive: true });
  const temporary = `${program}.${process.pid}`;
  const [command = "", ...flags] = compiler;
  execFileSync(command, [...flags, "-Wall", "-Wextra", "-Werror", "-o", temporary, source]);
  renameSync(temporary, program);
  return program;
}

/** Runs inside containers, as /bin/probe. */
export const probe: string = compiled("probe", HOST);

/** Runs on the host beside the runtime. */
export const outside: string = compiled("outside", HOST);

/** A seccomp agent. */
export const agent = (): string => compiled("agent", HOST);

/** Runs as a Wasm container. */
export const wasmModule = (): string => compiled("module", WASM);

/** A module of spec-tests/guests; all are built when one is missing. */
export function guestModule(name: string): string {
  const file = join(projectTop, `build/guests/${name}.wasm`);
  if (!existsSync(file)) execFileSync("bash", [join(projectTop, "scripts/guests.sh")]);
  return file;
}
