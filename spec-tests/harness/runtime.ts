/**
 * Which runtime the tests drive, and what it is able to do here. The tests know the runtime only as a
 * command, so that a failure can be compared with another runtime:
 *   OCIRT_RUNTIME       path of the runtime, dist/ocirt unless told
 *   OCIRT_RUNTIME_ARGS  global options put before the command, e.g. --cgroup-manager=disabled
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const projectTop = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export const runtimePath = resolve(process.env.OCIRT_RUNTIME ?? `${projectTop}/dist/ocirt`);

export const runtimeArgs = (process.env.OCIRT_RUNTIME_ARGS ?? "").split(" ").filter((arg) => arg !== "");

/** Where the runtime may keep what it unpacks of itself, from start to start and whichever container it makes. */
const temporary = `${projectTop}/build/spec-tests/tmp`;
mkdirSync(temporary, { recursive: true });

/** The environment of runtimes. */
export const runtimeEnvironment: NodeJS.ProcessEnv = { ...process.env, TMPDIR: temporary };

/** The runtimes whose known differences the tests can name. */
export type RuntimeName = "ocirt" | "runc" | "crun";

/** A wrong or missing runtime stops the tests: nothing could be proved. */
function versionText(): string {
  if (!existsSync(runtimePath)) throw new Error(`no runtime at ${runtimePath}: npm run build`);
  const text = execFileSync(runtimePath, ["--version"], { encoding: "utf8", env: runtimeEnvironment });
  if (text === "") throw new Error(`${runtimePath} --version prints nothing`);
  return text;
}

const version = versionText();

/** "crun version 1.8.1" → crun. */
export const runtimeName: string = version.split(/\s/, 1)[0] ?? "";

const CGROUP_DISABLED = runtimeArgs.some((arg) => arg.endsWith("disabled"));

/** What a test may need beyond root: a need that is not met skips the test, by name. */
export type Need =
  | "cpuset"
  | "systemd"
  | "cgroup"
  | "cgroup-v1"
  | "cgroup-v2"
  | "ocirt"
  | "wasm"
  | "userns"
  | "timens"
  | "peers"
  | "rust"
  | "criu";

const cgroupV2 = existsSync("/sys/fs/cgroup/cgroup.controllers");

/** Whether there is a CRIU that this kernel satisfies. */
function criuWorks(): boolean {
  try {
    execFileSync("criu", ["check"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const MET: Readonly<Record<Need, () => boolean>> = {
  cpuset: () => readFileSync("/proc/cgroups", "utf8").includes("cpuset"),
  systemd: () => existsSync("/run/systemd/system"),
  cgroup: () => !CGROUP_DISABLED,
  "cgroup-v1": () => !CGROUP_DISABLED && !cgroupV2,
  "cgroup-v2": () => !CGROUP_DISABLED && cgroupV2,
  ocirt: () => runtimeName === "ocirt",
  wasm: () => version.includes("+WASM:"),
  userns: () => existsSync("/proc/self/ns/user"),
  criu: criuWorks,
  peers: () => ["/usr/bin/crun", "/usr/sbin/runc"].some((path) => existsSync(path)),
  rust: () => version.includes("+WASM:") && existsSync(`${projectTop}/build/guests/standard-library.wasm`),
  timens: () => existsSync("/proc/self/ns/time"),
};

export function unmet(needs: readonly Need[]): Need | undefined {
  return needs.find((need) => !MET[need]());
}
