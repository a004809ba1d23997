/** A machine of its own for the engines of one test file (machine.sh), and the certainty that they leave it clean. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execute, type Options, type Result } from "../harness/command.ts";
import { projectTop, runtimeEnvironment, runtimeName } from "../harness/runtime.ts";
import { until } from "../harness/wait.ts";

const SCRIPT = join(projectTop, "spec-tests/engines/machine.sh");

/** How long an engine's shims and supervisors may take to go away, in milliseconds. */
const PARTING = 10_000;

export class Machine {
  readonly name = `engines${process.pid}`;
  readonly directory = `/tmp/ocirt-spec/${this.name}`;
  readonly #holder: ChildProcess;
  #init = 0;
  #commands = 0;

  private constructor() {
    mkdirSync(this.directory, { recursive: true });
    this.#holder = spawn("bash", [SCRIPT, "hold", this.name, this.directory], { stdio: ["ignore", 2, 2] });
  }

  static async start(): Promise<Machine> {
    const machine = new Machine();
    const ready = machine.path("ready");
    await until("the machine", () => existsSync(ready) || machine.#holder.exitCode !== null);
    machine.#init = Number(readFileSync(ready, "utf8").trim().split(" ")[1]);
    return machine;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  #argv(argv: readonly string[]): string[] {
    return ["bash", SCRIPT, "enter", this.name, this.directory, ...argv];
  }

  /** Runs a command in the machine to its end. */
  run(argv: readonly string[], options: Options = {}): Result {
    const env = { ...runtimeEnvironment, ...options.env };
    return execute(this.#argv(argv), this.path(`command${++this.#commands}`), { ...options, env });
  }

  /** Starts a daemon in the machine; it ends with it. Its output goes to the file `NAME.log`. */
  daemon(name: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}): void {
    const script = `exec "$@" >${this.path(`${name}.log`)} 2>&1`;
    const child = spawn("bash", this.#argv(["sh", "-c", script, "sh", ...argv]).slice(1), {
      stdio: "ignore",
      env: { ...runtimeEnvironment, ...env },
    });
    child.unref();
  }

  /** The command lines of all processes in the machine whose text matches. */
  processes(pattern: RegExp): string[] {
    const script = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done";
    const { stdout } = this.run(["sh", "-c", script]);
    return stdout.split("\n").filter((line) => pattern.test(line) && !line.includes("cmdline"));
  }

  /** Cgroups below the machine's own in all hierarchies, whose path matches. */
  cgroups(pattern: RegExp): string[] {
    const { stdout } = this.run(["find", "/sys/fs/cgroup", "-mindepth", "2", "-type", "d"]);
    return stdout.split("\n").filter((line) => pattern.test(line));
  }

  /** What the runtime keeps of its containers where the engine names no other place. */
  stateDirectories(): string[] {
    const script = `ls -d /run/${runtimeName}/* 2>/dev/null || true`;
    return this.run(["sh", "-c", script])
      .stdout.split("\n")
      .filter((line) => line !== "");
  }

  /** Mount points in the machine that match. */
  mounts(pattern: RegExp): string[] {
    const { stdout } = this.run(["cat", "/proc/self/mounts"]);
    return stdout.split("\n").filter((line) => pattern.test(line));
  }

  /** Throws with what is left where one of the lists does not become empty in time. */
  async assertGone(what: string, look: () => readonly string[]): Promise<void> {
    let left: readonly string[] = [];
    const gone = () => {
      left = look();
      return left.length === 0;
    };
    await until(`${what} gone`, gone, PARTING).catch(() => {
      throw new Error(`${what} left behind:\n${left.map((line) => line.slice(0, 200)).join("\n")}`);
    });
  }

  /** Ends everything in it; the holder then removes the cgroups. */
  async stop(): Promise<void> {
    const ended = new Promise<number | null>((done) => this.#holder.once("exit", done));
    if (this.#init !== 0) process.kill(this.#init, "SIGKILL");
    else this.#holder.kill("SIGKILL");
    const status = await ended;
    rmSync(this.directory, { recursive: true, force: true });
    if (status !== 0) throw new Error(`the machine's holder ends with ${status}`);
  }
}
