/** The client of timer.c: times commands in the machine's root, or in another one. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export interface Timed {
  /** Exit code, or 128+n for a signal. */
  readonly status: number;
  readonly milliseconds: number;
  /** Largest resident set among the command and the processes it waited for. */
  readonly peakKiB: number;
}

export class Timer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #errors: string;

  /** `command` starts the timer program, which is told to put what its commands say into the file `errors`. */
  constructor(command: readonly string[], errors: string) {
    const [file = "", ...args] = command;
    this.#errors = errors;
    this.#child = spawn(file, [...args, errors], { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #ask(fields: readonly string[]): Promise<number[]> {
    if (fields.some((field) => /[\t\n]/.test(field)))
      throw new Error(`tab or newline in ${fields.join(" ")}`);
    this.#child.stdin.write(`${fields.join("\t")}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error("the timer program ended");
    if (answer.value.startsWith("error"))
      throw new Error(`${fields.join(" ")}: ${answer.value}\n${this.said()}`);
    return answer.value.split(" ").map(Number);
  }

  /** Runs a command to its end. */
  async run(argv: readonly string[]): Promise<Timed> {
    const [status = -1, nanoseconds = 0, peakKiB = 0] = await this.#ask(["run", ...argv]);
    return { status, milliseconds: nanoseconds / 1e6, peakKiB };
  }

  /** Runs a command that has to succeed; its last words are in the error when it doesn't. */
  async must(argv: readonly string[]): Promise<Timed> {
    const timed = await this.run(argv);
    if (timed.status !== 0) throw new Error(`${argv.join(" ")}: status ${timed.status}\n${this.said()}`);
    return timed;
  }

  /**
   * Runs a command that leaves a server behind. Returns the milliseconds from the command's start to the first
   * bytes of the server's answer on a port of 127.0.0.1.
   */
  async serve(port: number, argv: readonly string[]): Promise<number> {
    const [nanoseconds = 0] = await this.#ask(["serve", String(port), ...argv]);
    return nanoseconds / 1e6;
  }

  /** The last lines that commands wrote to stderr. */
  said(): string {
    try {
      return readFileSync(this.#errors, "utf8").trimEnd().split("\n").slice(-5).join("\n");
    } catch {
      return "";
    }
  }

  close(): void {
    this.#child.stdin.end();
  }
}
