/** Runs guests on the real engine without containers, for tests and for a developer's own look. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ENGINE_ENVIRONMENT } from "../../src/wasm/options.ts";
import type { Request } from "../../src/wasm/request.ts";

const here = dirname(fileURLToPath(import.meta.url));
const top = resolve(here, "../..");
const SOURCE = join(here, "parent.c");
const PARENT = join(top, "build/spec-tests/engine-parent");
const ADDON = join(top, "build/native/ocirt.node");

/** A guest of spec-tests/guests, built by scripts/guests.sh. */
export function guest(name: string): string {
  const path = join(top, "build/guests", `${name}.wasm`);
  if (!existsSync(path)) throw new Error(`${path} is not there: run scripts/guests.sh`);
  return path;
}

/** The engine from its sources, on this Bun. */
export const ENGINE_COMMAND: readonly string[] = [process.execPath, join(here, "entry.ts")];

/** The program that stands in for init; compiled when it is missing. */
export function parent(): string {
  if (!existsSync(PARENT) || statSync(PARENT).mtimeMs < statSync(SOURCE).mtimeMs) {
    mkdirSync(dirname(PARENT), { recursive: true });
    execFileSync("musl-gcc", ["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", PARENT, SOURCE]);
  }
  return PARENT;
}

export interface EngineOptions extends Partial<Request> {
  /** Stay created: nobody calls `start`. */
  readonly hold?: boolean;
  readonly input?: string | Buffer;
  /** The engine's command; by default this Bun on the engine's sources. */
  readonly command?: readonly string[];
}

function commandLine(module: string, directory: string, options: EngineOptions): string[] {
  const { hold, input: _input, command, ...rest } = options;
  const request: Request = {
    args: [module],
    env: [],
    cwd: "/",
    module,
    preopens: [{ guest: "/", host: "/" }],
    ...rest,
  };
  writeFileSync(join(directory, "request"), JSON.stringify(request));
  return [
    ...(hold ? ["--hold"] : []),
    ADDON,
    module,
    join(directory, "request"),
    join(directory, "start"),
    ...(command ?? ENGINE_COMMAND),
  ];
}

const environment = {
  PATH: process.env.PATH ?? "",
  ...Object.fromEntries(ENGINE_ENVIRONMENT.map((entry) => entry.split("=") as [string, string])),
};

export interface EngineResult {
  readonly status: number | null;
  /** Without the line that tells of the creation. */
  readonly stdout: string;
  readonly stderr: string;
  readonly created: boolean;
}

const CREATED = "created\n";

/** Runs a module to its end, of at most 60 seconds. */
export function runGuest(module: string, options: EngineOptions = {}): EngineResult {
  const directory = mkdtempSync(join(tmpdir(), "ocirt-engine-"));
  try {
    const { status, stdout, stderr } = spawnSync(parent(), commandLine(module, directory, options), {
      env: environment,
      encoding: "utf8",
      input: options.input ?? "",
      timeout: 60_000,
    });
    const created = stdout.startsWith(CREATED);
    return { status, stdout: created ? stdout.slice(CREATED.length) : stdout, stderr, created };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export interface RunningGuest {
  readonly process: ChildProcessWithoutNullStreams;
  /** The engine's own process. */
  pid(): number;
  /** Resolves when stdout has the text; rejects when the process ends before. */
  says(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcessWithoutNullStreams>();

/** Ends what a failed test has left running. */
export function stopGuests(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts a module that goes on. */
export function startGuest(module: string, options: EngineOptions = {}): RunningGuest {
  const directory = mkdtempSync(join(tmpdir(), "ocirt-engine-"));
  const child = spawn(parent(), commandLine(module, directory, options), { env: environment });
  running.add(child);
  let output = "";
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  child.stdout.on("data", (data) => (output += data));
  const ended = new Promise<number | null>((done) =>
    child.on("close", (status) => {
      running.delete(child);
      rmSync(directory, { recursive: true });
      done(status);
    }),
  );
  const says = (text: string) =>
    new Promise<void>((done, fail) => {
      const look = () => output.includes(text) && done();
      child.stdout.on("data", look);
      ended.then((status) => fail(new Error(`ended with ${status} before \`${text}\`: ${output}${errors}`)));
      look();
    });
  const pid = () => {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
    return Number(children.trim());
  };
  return { process: child, pid, says, ended };
}
