/** One container of a test case and the runtime's commands on it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "./assert.ts";
import type { Case } from "./case.ts";
import type { Background, Options, Result } from "./command.ts";
import type { Config } from "./config.ts";
import { until } from "./wait.ts";

/** What `state` prints (runtime.md, State). */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: string;
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations?: Record<string, string>;
}

export class Container {
  readonly #owner: Case;
  readonly id: string;
  readonly bundle: string;
  /** Where the output of the last create or detached run goes: the container writes on after the command. */
  #detached: Background | undefined;

  constructor(owner: Case, id: string, bundle: string) {
    this.#owner = owner;
    this.id = id;
    this.bundle = bundle;
  }

  get rootfs(): string {
    return join(this.bundle, "rootfs");
  }

  /** Writes config.json. Text is written as it is. */
  configure(config: Config | string): void {
    const text = typeof config === "string" ? config : JSON.stringify(config, null, 2);
    writeFileSync(join(this.bundle, "config.json"), text);
  }

  #argv(command: string, flags: readonly string[]): string[] {
    return this.#owner.argv([command, "--bundle", this.bundle, ...flags, this.id]);
  }

  /** `run` in the foreground, to the container's end. */
  run(flags: readonly string[] = [], options: Options = {}): Result {
    return this.#owner.execute(this.#argv("run", flags), options);
  }

  /** `run` in the foreground while the test goes on. */
  runInBackground(flags: readonly string[] = [], options: Options = {}): Background {
    return this.#owner.start(this.#argv("run", flags), options);
  }

  /** `create`; its result whether it succeeded or not. */
  async tryCreate(flags: readonly string[] = [], options: Options = {}): Promise<Result> {
    this.#detached = this.#owner.start(this.#argv("create", flags), options);
    return this.#detached.ended;
  }

  async create(flags: readonly string[] = [], options: Options = {}): Promise<void> {
    assert.succeeds(await this.tryCreate(flags, options), "create");
  }

  /** `run --detach`. */
  async runDetached(flags: readonly string[] = [], options: Options = {}): Promise<void> {
    this.#detached = this.#owner.start(this.#argv("run", ["--detach", ...flags]), options);
    assert.succeeds(await this.#detached.ended, "run --detach");
  }

  /** What the created or detached container has written so far. */
  output(): string {
    return this.#detached?.stdout() ?? "";
  }

  errors(): string {
    return this.#detached?.stderr() ?? "";
  }

  /** Waits until the created or detached container has written something that matches. */
  async says(pattern: RegExp): Promise<string> {
    return until(`${pattern} in the container's output`, () => pattern.test(this.output()) && this.output());
  }

  command(name: string, ...args: string[]): Result {
    return this.#owner.runtime([name, ...args]);
  }

  start(): void {
    assert.succeeds(this.command("start", this.id), "start");
  }

  kill(...signal: string[]): void {
    assert.succeeds(this.command("kill", this.id, ...signal), "kill");
  }

  delete(...flags: string[]): void {
    assert.succeeds(this.command("delete", ...flags, this.id), "delete");
  }

  state(): State {
    return JSON.parse(assert.succeeds(this.command("state", this.id), "state").stdout) as State;
  }

  /** The container's init, as the host knows it. */
  pid(): number {
    const { pid } = this.state();
    if (pid === undefined || pid <= 0) throw new Error(`container ${this.id} has no process`);
    return pid;
  }

  async waitFor(status: string): Promise<void> {
    await until(`status ${status}`, () => this.state().status === status);
  }

  /** Kills what runs and deletes the container. */
  async remove(): Promise<void> {
    if (this.state().status !== "stopped") this.kill("KILL");
    await this.waitFor("stopped");
    this.delete();
  }

  /** create, start, wait for the end, delete: the container's output. For what `run` alone can't show. */
  async whole(flags: readonly string[] = []): Promise<string> {
    await this.create(flags);
    this.start();
    await this.waitFor("stopped");
    this.delete();
    return this.output();
  }
}
