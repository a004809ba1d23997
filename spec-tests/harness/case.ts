/**
 * One test case: its temporary directory, its state directory, its containers, and the certainty that
 * nothing of it is left at the end.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "./assert.ts";
import { Background, execute, type Options, type Result } from "./command.ts";
import { type Config, defaultConfig } from "./config.ts";
import { Container } from "./container.ts";
import { leftovers, processesOf, sweep } from "./leaks.ts";
import { probe } from "./programs.ts";
import { makeRootfs } from "./rootfs.ts";
import { runtimeArgs, runtimeEnvironment, runtimePath } from "./runtime.ts";
import { until } from "./wait.ts";

const TOP = "/tmp/ocirt-spec";

/** How long what is on its way out may take, in milliseconds. */
const MOMENT = 3000;

let cases = 0;

/** Changes the default configuration for one container, whose bundle is there already. */
export type Edit = (config: Config, container: Container) => void;

export class Case {
  /** Part of every path and id of the case, and of no other's. */
  readonly tag = `s${process.pid}n${++cases}x`;
  readonly directory = join(TOP, this.tag);
  /** The runtime's --root. */
  readonly stateRoot = join(this.directory, "state");
  readonly #background: Background[] = [];
  readonly #containers: Container[] = [];
  readonly #mounts: string[] = [];
  #commands = 0;

  constructor() {
    mkdirSync(this.stateRoot, { recursive: true, mode: 0o755 });
  }

  /** The prefix of the next command's output files. */
  nextPrefix(): string {
    return join(this.directory, `command${++this.#commands}`);
  }

  /** The environment of runtimes: the caller's, with the tag so that a stray process is recognised. */
  get environment(): NodeJS.ProcessEnv {
    return { ...runtimeEnvironment, SPEC_CASE: this.tag };
  }

  /** Argument vector of the runtime with this case's state directory. */
  argv(args: readonly string[]): string[] {
    return [runtimePath, ...runtimeArgs, "--root", this.stateRoot, ...args];
  }

  /** Runs the runtime to its end. */
  runtime(args: readonly string[], options: Options = {}): Result {
    return this.execute(this.argv(args), options);
  }

  /** Runs any command to its end. */
  execute(argv: readonly string[], options: Options = {}): Result {
    return execute(argv, this.nextPrefix(), { env: this.environment, ...options });
  }

  /** Starts any command; it is killed at the case's end at the latest. */
  start(argv: readonly string[], options: Options = {}): Background {
    const command = new Background(argv, this.nextPrefix(), { env: this.environment, ...options });
    this.#background.push(command);
    return command;
  }

  /** The processes of the case that run at this moment. */
  processes(): number[] {
    return processesOf(this.tag);
  }

  /** The probe as a program of the host's. */
  readonly probe = probe;

  /** A path of the case's directory. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file of the case's directory and returns its path. */
  file(name: string, content: string, mode = 0o644): string {
    writeFileSync(this.path(name), content, { mode });
    return this.path(name);
  }

  /** Makes a directory of the case and mounts something on it, on the host, until the case ends. */
  mount(name: string, ...options: string[]): string {
    const point = this.path(name);
    mkdirSync(point, { recursive: true });
    assert.succeeds(this.execute(["mount", ...options, point]), "mount");
    this.#mounts.unshift(point);
    return point;
  }

  /** A new default configuration. */
  config(): Config {
    return defaultConfig();
  }

  /** A new bundle and the container to be made of it; nothing of the runtime runs yet. */
  container(edit: Edit = () => {}, suffix = ""): Container {
    const config = defaultConfig();
    const id = `${this.tag}${suffix}`;
    const bundle = this.path(`bundle${suffix}`);
    makeRootfs(join(bundle, "rootfs"));
    const container = new Container(this, id, bundle);
    this.#containers.push(container);
    edit(config, container);
    container.configure(config);
    return container;
  }

  /** A container that runs a shell script to its end: its output. Fails unless it exits with 0. */
  shell(script: string, edit: Edit = () => {}): string {
    return this.shellIn(script, edit).stdout;
  }

  /** The same with all of the result; `prepare` may change the bundle before. */
  shellIn(script: string, edit: Edit, prepare: (container: Container) => void = () => {}): Result {
    const container = this.container(
      (config, own) => {
        config.process.args = ["sh", "-c", script];
        edit(config, own);
      },
      `-${++this.#commands}`,
    );
    prepare(container);
    const result = container.run();
    assert.is(result.status, 0, `run exits with ${result.status}: ${result.stderr}${result.stdout}`);
    return result;
  }

  /** Asserts that no state, cgroup, mount, process or file is left; a dying process gets a moment. */
  async assertNothingLeft(): Promise<void> {
    let left: string[] = [];
    const nothing = (): boolean => {
      left = leftovers(this.tag, this.stateRoot);
      return left.length === 0;
    };
    await until("nothing is left", nothing, MOMENT).catch(() => {
      assert.unreachable(`left behind:\n${left.join("\n")}`);
    });
  }

  /** Ends the case. Only a case that passed must have left nothing; another is swept up in silence. */
  async end(passed: boolean): Promise<void> {
    try {
      for (const command of this.#background) await command.dispose();
      for (const name of readdirSync(this.stateRoot)) {
        if (this.#containers.some(({ id }) => id === name)) this.runtime(["delete", "--force", name]);
      }
      for (const point of this.#mounts) this.execute(["umount", "-l", point]);
      if (passed) await this.assertNothingLeft();
    } finally {
      await sweep(this.tag, this.directory);
    }
  }
}
