/** Runs validation programs against a runtime. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { controllersOf } from "./programs.ts";
import { type Run, type Verdict, verdictOf } from "./verdict.ts";

export const top = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Milliseconds; the slowest program waits 16 s for things that must not happen. */
const PATIENCE = 120_000;

export interface Runtime {
  readonly name: string;
  readonly path: string;
  /** A command before the program's: where the runtime lives in another root file system. */
  readonly enter?: readonly string[];
}

/** The directory of the programs; they are made if they are not there. */
export function programsHome(): string {
  const script = join(top, "conformance/programs.sh");
  const stdio = ["ignore", "pipe", "inherit"] as const;
  return execFileSync("bash", [script], { encoding: "utf8", stdio: [...stdio] }).trim();
}

export function programsOf(home: string): string[] {
  return readdirSync(home)
    .filter((name) => /^[a-z_]+$/.test(name) && name !== "runtimetest")
    .sort();
}

/** Runs a command in the box, with everything that it starts. */
function execute(argv: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): Promise<Run> {
  const [command = "", ...args] = argv;
  const child = spawn(command, args, { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => {
      clearTimeout(timer);
      done({ status: code ?? 128, stdout, stderr });
    });
  });
}

async function runProgram(home: string, name: string, runtime: Runtime): Promise<Verdict> {
  const temporary = join(home, `tmp-${process.pid}-${name}`);
  mkdirSync(temporary);
  try {
    const box = ["bash", join(top, "conformance/box.sh"), controllersOf(name)];
    const program = [...(runtime.enter ?? []), join(home, name)];
    const environment = { ...process.env, RUNTIME: runtime.path, TMPDIR: temporary };
    // The suite's cgroups have fixed names: one program at a time on the whole machine.
    return verdictOf(await execute(["flock", home, ...box, ...program], home, environment));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Begins to run the programs, one after the other; a promise of each verdict. */
export function runSuite(
  home: string,
  names: readonly string[],
  runtime: Runtime,
): ReadonlyMap<string, Promise<Verdict>> {
  const verdicts = new Map<string, Promise<Verdict>>();
  let before: Promise<unknown> = Promise.resolve();
  for (const name of names) {
    const verdict = before.then(() => runProgram(home, name, runtime));
    verdicts.set(name, verdict);
    before = verdict.catch(() => {});
  }
  return verdicts;
}
