/** How engines call a runtime: their global options, their environment, and each operation's words. */
import { existsSync, readFileSync } from "node:fs";
import type { Case } from "../harness/case.ts";
import type { Background, Options, Result } from "../harness/command.ts";
import type { Container } from "../harness/container.ts";
import { assert, until } from "../harness/index.ts";
import { outside } from "../harness/programs.ts";

export type EngineName = "buildah" | "cri" | "ctr" | "docker" | "podman";

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly time: string;
}

/** One engine's calls on one container. */
export class Engine {
  readonly name: EngineName;
  readonly #t: Case;
  readonly container: Container;
  readonly pidFile: string;
  readonly log: string;
  #created: Background | undefined;
  #console: Background | undefined;

  constructor(t: Case, name: EngineName, container: Container) {
    this.#t = t;
    this.name = name;
    this.container = container;
    this.pidFile = t.path("init.pid");
    this.log = name === "podman" ? t.path("oci-log") : `${container.bundle}/log.json`;
  }

  /** The global options that this engine puts before the command. */
  get #global(): string[] {
    if (this.name === "buildah") return [];
    if (this.name === "podman") return ["--log-format=json", "--log", this.log];
    return ["--log", this.log, "--log-format", "json"];
  }

  /** A whole command line. */
  words(...words: string[]): string[] {
    return [...this.#t.argv([]), ...this.#global, ...words];
  }

  /** podman's and conmon's later calls come without PATH; a shim's create runs in the bundle. */
  #options(command: string): Options {
    if (this.name === "podman" && command !== "create" && command !== "exec") {
      const { PATH, ...env } = this.#t.environment;
      return { env, cwd: "/" };
    }
    return this.name === "podman" || this.name === "buildah" ? { cwd: "/" } : { cwd: this.container.bundle };
  }

  call(command: string, words: readonly string[] = [], options: Options = {}): Result {
    const argv = this.words(command, ...words, this.container.id);
    return this.#t.execute(argv, { ...this.#options(command), ...options });
  }

  succeeds(command: string, ...words: string[]): Result {
    return assert.succeeds(this.call(command, words), `${command} ${words.join(" ")}`);
  }

  /** `terminal`: over a socket, as a shim or conmon takes it. */
  async create(terminal: boolean): Promise<Result> {
    const words = ["create", "--bundle", this.container.bundle, "--pid-file", this.pidFile];
    if (terminal) {
      const socket = this.#t.path("console.sock");
      this.#console = this.#t.start([outside, "console", socket]);
      await until("the console socket", () => existsSync(socket));
      words.push("--console-socket", socket);
    }
    this.#created = this.#t.start(this.words(...words, this.container.id), this.#options("create"));
    return this.#created.ended;
  }

  /** What the container has written. */
  output(): string {
    return this.#console?.stdout() ?? this.#created?.stdout() ?? "";
  }

  errors(): string {
    return this.#created?.stderr() ?? "";
  }

  pid(): number {
    const digits = readFileSync(this.pidFile, "utf8");
    assert.match(digits, /^\d+$/);
    return Number(digits);
  }

  /** The log's lines; an engine that reads it as one object finds one. */
  logged(): LogLine[] {
    if (!existsSync(this.log)) return [];
    const lines = readFileSync(this.log, "utf8")
      .split("\n")
      .filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  ended(): boolean {
    return this.state() === "stopped";
  }

  state(): string {
    return (JSON.parse(this.succeeds("state").stdout) as { status: string }).status;
  }
}
