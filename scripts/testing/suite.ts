/** Runs one suite file in a process of its own, under the supervisor. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastingChanges, traces } from "./machine.ts";
import { type Outcome, outcomeOf, withProblems } from "./outcome.ts";

export interface Kind {
  readonly name: string;
  /** Directories in which the suite files are found. */
  readonly directories: readonly string[];
  /** How many files run at the same time. */
  readonly jobs: number;
  /** Seconds that one file may take. */
  readonly seconds: number;
  /** Whether the machine has to be as it was found when a file has ended. */
  readonly clean: boolean;
}

export interface Finished {
  readonly outcome: Outcome;
  readonly output: string;
}

const CLEAN_PATIENCE = 3000;

/** Exit status, or 128+n for signal n, of a command whose output goes to a file. */
async function toFile(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  file: string,
): Promise<number> {
  const [command = "", ...args] = argv;
  const output = openSync(file, "a");
  try {
    return await new Promise((done, fail) => {
      const child = spawn(command, args, { stdio: ["ignore", output, output], env: environment });
      child.once("error", fail);
      child.once("exit", (code) => done(code ?? 128));
    });
  } finally {
    closeSync(output);
  }
}

/** Lines of a file that may be empty. */
const linesOf = (path: string) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");

/**
 * Runs a file. Processes that outlive it are a failure of every kind of suite; for suites that have to be clean,
 * so are changed mounts, cgroups and state directories, and files left in the temporary directory.
 */
export async function runSuite(bun: string, supervisor: string, kind: Kind, file: string): Promise<Finished> {
  const work = mkdtempSync(join(tmpdir(), "ocirt-test-"));
  const temporary = join(work, "tmp");
  const report = join(work, "report");
  const output = join(work, "output");
  mkdirSync(temporary);
  try {
    const before = traces();
    const argv = [supervisor, String(kind.seconds), report, bun, file];
    const environment = { ...process.env, TMPDIR: temporary, NO_COLOR: "1" };
    const status = await toFile(argv, environment, output);
    const text = readFileSync(output, "utf8");
    const running = linesOf(report);
    const changed = kind.clean ? await lastingChanges(before, CLEAN_PATIENCE) : [];
    const files = kind.clean ? readdirSync(temporary).map((name) => `left behind: $TMPDIR/${name}`) : [];
    return {
      outcome: withProblems(outcomeOf(status, text), [...running, ...changed, ...files]),
      output: text,
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
