/** The runtimes that are compared, and how each is made to work on this machine. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Timer } from "./timer.ts";

export interface Candidate {
  /** Short and unique: it is part of paths and container ids. */
  readonly name: string;
  readonly path: string;
  readonly timer: Timer;
  /** Starts a command where the runtime is installed; empty for this machine's own root. */
  readonly enter: readonly string[];
  /** Its Wasm engine, where that is not part of its version. */
  readonly engine?: string;
}

export interface Runtime extends Candidate {
  /** Name and version. */
  readonly label: string;
  /** The executable and its global options. */
  readonly command: readonly string[];
  readonly directory: string;
  /** True where it had to be told to leave cgroups alone. */
  readonly withoutCgroups: boolean;
}

/** The parts of a configuration that the benchmark changes. */
export interface Config {
  process: { terminal?: boolean; args: string[] };
  root: { path: string };
  annotations?: Record<string, string>;
  linux: { namespaces: { type: string; path?: string }[] };
}

const MANAGERS: readonly (readonly string[])[] = [[], ["--cgroup-manager=disabled"]];

/** "crun version 1.21" → "crun 1.21", or "crun 1.21 + WasmEdge". */
function labelOf({ enter, path, engine }: Candidate): string {
  const [file = "", ...args] = [...enter, path, "--version"];
  const [first = ""] = execFileSync(file, args, { encoding: "utf8" }).split("\n");
  const label = first.replace(" version", "").split("+")[0]?.trim() ?? path;
  return engine === undefined ? label : `${label} + ${engine}`;
}

/** Makes a bundle from the runtime's own `spec`; the root file system is shared by all. Returns its directory. */
export async function makeBundle(
  runtime: Runtime,
  name: string,
  rootfs: string,
  change: (config: Config) => void,
): Promise<string> {
  const bundle = join(runtime.directory, name);
  rmSync(bundle, { recursive: true, force: true });
  mkdirSync(bundle, { recursive: true });
  await runtime.timer.must([runtime.path, "spec", "--bundle", bundle]);
  const file = join(bundle, "config.json");
  const config: Config = JSON.parse(readFileSync(file, "utf8"));
  config.process.terminal = false;
  config.root.path = rootfs;
  change(config);
  writeFileSync(file, JSON.stringify(config, undefined, 2));
  return bundle;
}

/**
 * Tries the candidate with its default cgroup manager, then with none. Throws what the last attempt said when
 * neither runs a container.
 */
export async function prepare(candidate: Candidate, work: string, rootfs: string): Promise<Runtime> {
  const directory = join(work, candidate.name);
  const label = labelOf(candidate);
  let failure: unknown;
  for (const options of MANAGERS) {
    const command = [candidate.path, "--root", join(directory, "state"), ...options];
    const runtime = { ...candidate, label, command, directory, withoutCgroups: options.length > 0 };
    try {
      const bundle = await makeBundle(runtime, "probe", rootfs, (config) => {
        config.process.args = ["/bin/true"];
      });
      await runtime.timer.must([...command, "run", "--bundle", bundle, `bench-${candidate.name}-probe`]);
      return runtime;
    } catch (error) {
      failure = error;
      await candidate.timer.run([...command, "delete", "--force", `bench-${candidate.name}-probe`]);
    }
  }
  throw failure;
}
