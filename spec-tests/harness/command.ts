/**
 * Running commands with their output in files. Pipes would not do: a created container keeps the runtime's
 * stdout and stderr open, so the end of a pipe would be the end of the container, not of the command.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { DEADLINE } from "./wait.ts";

export interface Result {
  /** Exit code; 128+n where a signal ended the command. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What stdin holds; /dev/null without it. */
  readonly input?: string;
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
  SIGSYS: 31,
};

function statusOf(code: number | null, signal: string | null): number {
  return code ?? 128 + (SIGNALS[signal ?? ""] ?? 127);
}

/** The files of one command's streams. They outlive it, so a container's later output can be read, too. */
class Streams {
  readonly out: string;
  readonly err: string;
  readonly #in: string;

  constructor(prefix: string, input: string | undefined) {
    this.out = `${prefix}.out`;
    this.err = `${prefix}.err`;
    this.#in = input === undefined ? "/dev/null" : `${prefix}.in`;
    if (input !== undefined) writeFileSync(this.#in, input);
  }

  /** Calls `start` with the three descriptors, which are closed again here. */
  open<T>(start: (stdio: number[]) => T): T {
    const stdio = [openSync(this.#in, "r"), openSync(this.out, "w"), openSync(this.err, "w")];
    try {
      return start(stdio);
    } finally {
      for (const fd of stdio) closeSync(fd);
    }
  }

  result(status: number): Result {
    return { status, stdout: readFileSync(this.out, "utf8"), stderr: readFileSync(this.err, "utf8") };
  }
}

/** Runs a command to its end. A command that doesn't end in time is killed and is an error. */
export function execute(argv: readonly string[], prefix: string, options: Options = {}): Result {
  const [file = "", ...args] = argv;
  const streams = new Streams(prefix, options.input);
  const { cwd, env = process.env } = options;
  const ended = streams.open((stdio) =>
    spawnSync(file, args, { cwd, env, stdio, timeout: DEADLINE, killSignal: "SIGKILL" }),
  );
  const result = streams.result(statusOf(ended.status, ended.signal));
  if (ended.error !== undefined)
    throw new Error(`${argv.join(" ")}: ${ended.error.message}\n${result.stderr}`);
  return result;
}

/** A command that runs while the test goes on. */
export class Background {
  readonly #child: ChildProcess;
  readonly #streams: Streams;
  readonly ended: Promise<Result>;

  constructor(argv: readonly string[], prefix: string, options: Options = {}) {
    const [file = "", ...args] = argv;
    const { cwd, env = process.env } = options;
    this.#streams = new Streams(prefix, options.input);
    this.#child = this.#streams.open((stdio) => spawn(file, args, { cwd, env, stdio }));
    this.ended = new Promise((done, fail) => {
      const late = setTimeout(() => {
        this.#child.kill("SIGKILL");
        fail(new Error(`${argv.join(" ")} did not end in ${2 * DEADLINE} ms: ${this.stderr()}`));
      }, 2 * DEADLINE);
      this.#child.once("error", fail);
      this.#child.once("exit", (code, signal) => {
        clearTimeout(late);
        done(this.#streams.result(statusOf(code, signal)));
      });
    });
    // The failure is the test's when it awaits `ended`, and nobody's when the test has failed before.
    this.ended.catch(() => {});
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the command did not start");
    return this.#child.pid;
  }

  stdout(): string {
    return readFileSync(this.#streams.out, "utf8");
  }

  stderr(): string {
    return readFileSync(this.#streams.err, "utf8");
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Kills it, if it still runs, and waits for its end. */
  async dispose(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.ended.catch(() => {});
  }
}
