/** The processes of a container's cgroups: which there are, to freeze them and to kill them. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes, SIGKILL } from "../native/process.ts";
import type { CgroupPaths } from "./plan.ts";
import { readControl, tryWrite } from "./write.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
/** How often killing is repeated where processes can fork faster than they are signalled. */
const ROUNDS = 10;

/** Blocks without a timer: the runtime has nothing else to do. */
export function sleep(milliseconds: number): void {
  processes().sleep(milliseconds);
}

/** The cgroups below, without their descendants; none where the directory is gone. */
export function subCgroups(directory: string): string[] {
  let names: string[];
  try {
    names = files().readdir(directory);
  } catch (error) {
    if (isNativeError(error)) return [];
    throw error;
  }
  const paths = names.map((name) => `${directory}/${name}`);
  return paths.filter((path) => ((files().stat(path, false)?.mode ?? 0) & S_IFMT) === S_IFDIR);
}

/** The hierarchy that answers for the container: every process of it is in each one. */
function mainDirectory(paths: CgroupPaths): string | undefined {
  for (const controller of ["devices", "freezer", "pids", "name=systemd", ""]) {
    if (paths[controller] !== undefined) return paths[controller];
  }
  return Object.values(paths)[0];
}

function pidsIn(directory: string, recursive: boolean): number[] {
  // A threaded cgroup tells its threads only.
  const text = readControl(directory, "cgroup.procs") ?? readControl(directory, "cgroup.threads") ?? "";
  const pids = text === "" ? [] : text.split("\n").map(Number);
  if (recursive) for (const below of subCgroups(directory)) pids.push(...pidsIn(below, true));
  return pids;
}

/** Of the flags in field 9 of /proc/PID/stat: it is on its way out (PF_EXITING). */
const EXITING = 0x4;

/** Whether it runs or could run again. A pid of another pid namespace (0) is of a process that lives. */
function isLiving(pid: number): boolean {
  if (pid === 0) return true;
  let text: string;
  try {
    text = files().readText(`/proc/${pid}/stat`);
  } catch {
    return false;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] !== "Z" && fields[0] !== "X" && (Number(fields[6]) & EXITING) === 0;
}

/** The processes in the container's cgroups that are not about to end. */
export function livingPids(paths: CgroupPaths): number[] {
  return cgroupPids(paths, true).filter(isLiving);
}

/** The processes (of the runtime's pid namespace) in the container's cgroup, and in those below it. */
export function cgroupPids(paths: CgroupPaths, recursive: boolean): number[] {
  const directory = mainDirectory(paths);
  return directory === undefined ? [] : [...new Set(pidsIn(directory, recursive))];
}

/** The cgroup at `directory` or below that a process is in itself. */
export function cgroupOf(directory: string, pid: number): string | undefined {
  if (pidsIn(directory, false).includes(pid)) return directory;
  for (const below of subCgroups(directory)) {
    const found = cgroupOf(below, pid);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where the container is frozen: the freezer of v1, else the unified hierarchy. */
const freezerOf = (paths: CgroupPaths): string | undefined => paths.freezer ?? paths[""];

/** Whether this cgroup itself, not only one above it, was told to freeze. */
export function isFrozenDirectory(directory: string): boolean {
  const told = readControl(directory, "cgroup.freeze") ?? readControl(directory, "freezer.self_freezing");
  return told === "1";
}

export function isFrozen(paths: CgroupPaths): boolean {
  const directory = freezerOf(paths);
  return directory !== undefined && isFrozenDirectory(directory);
}

function needFreezer(paths: CgroupPaths, action: string): string {
  const directory = freezerOf(paths);
  if (directory !== undefined) return directory;
  throw new OcirtError({ action, reason: "the container has no freezer cgroup" });
}

const isV1 = (paths: CgroupPaths) => paths.freezer !== undefined;

/** Whether the kernel says that everything stands still. */
function stands(paths: CgroupPaths, directory: string): boolean {
  if (isV1(paths)) return readControl(directory, "freezer.state") === "FROZEN";
  return (readControl(directory, "cgroup.events") ?? "").split("\n").includes("frozen 1");
}

function tell(paths: CgroupPaths, directory: string, frozen: boolean): ReturnType<typeof tryWrite> {
  if (isV1(paths)) return tryWrite(directory, "freezer.state", frozen ? "FROZEN" : "THAWED");
  return tryWrite(directory, "cgroup.freeze", frozen ? "1" : "0");
}

/**
 * Freezes and waits until all processes stand, at most about two seconds; thaws again where they don't.
 * Throws OcirtError.
 */
export function freeze(paths: CgroupPaths): void {
  const directory = needFreezer(paths, "freeze the container");
  for (let tries = 0; tries < 200; tries++) {
    // The freezer of v1 may miss a process that forks; being told again it looks again.
    const error = tries === 0 || isV1(paths) ? tell(paths, directory, true) : undefined;
    if (error !== undefined)
      throw new OcirtError({ action: "freeze the cgroup", path: directory, errno: error.code });
    if (stands(paths, directory)) return;
    sleep(tries < 10 ? 1 : 10);
  }
  tell(paths, directory, false);
  throw new OcirtError({ action: "freeze the cgroup", path: directory, reason: "a process does not stop" });
}

/** Throws OcirtError. */
export function thaw(paths: CgroupPaths): void {
  const directory = needFreezer(paths, "thaw the container");
  const error = tell(paths, directory, false);
  if (error !== undefined)
    throw new OcirtError({ action: "thaw the cgroup", path: directory, errno: error.code });
}

function signalAll(paths: CgroupPaths, signal: number): boolean {
  const pids = cgroupPids(paths, true);
  for (const pid of pids) {
    // 0 stands for a process that this pid namespace does not see.
    if (pid <= 0) continue;
    try {
      processes().kill(pid, signal);
    } catch (error) {
      if (!isNativeError(error) || error.code !== "ESRCH") {
        throw new OcirtError({ action: `send signal ${signal} to process ${pid}`, cause: error });
      }
    }
  }
  return pids.length > 0;
}

/** Kills everything in the unified hierarchy at once; false where the kernel cannot (before Linux 5.14). */
function killUnified(paths: CgroupPaths): boolean {
  const directory = paths[""];
  return directory !== undefined && tryWrite(directory, "cgroup.kill", "1") === undefined;
}

/** Stops what forks while it is signalled; a process that cannot be stopped now is signalled all the same. */
function tryFreeze(paths: CgroupPaths): void {
  try {
    freeze(paths);
  } catch (error) {
    if (!(error instanceof OcirtError)) throw error;
  }
}

/**
 * Sends a signal to all processes of the container, also those in cgroups below its own. SIGKILL reaches even
 * those that fork meanwhile. Waits for nothing.
 */
export function killCgroup(paths: CgroupPaths, signal: number): void {
  const freezer = freezerOf(paths);
  const wasFrozen = isFrozen(paths);
  if (signal === SIGKILL && killUnified(paths)) {
    // What the freezer of v1 holds dies when it thaws.
    if (wasFrozen && freezer !== undefined) tell(paths, freezer, false);
    return;
  }
  if (freezer === undefined || signal === 0) {
    // Without a freezer only repetition catches what forks.
    for (let round = 0; signalAll(paths, signal) && signal === SIGKILL && round < ROUNDS; round++) sleep(1);
    return;
  }
  if (!wasFrozen) tryFreeze(paths);
  try {
    signalAll(paths, signal);
  } finally {
    // A container that was paused stays so for lesser signals.
    if (!wasFrozen || signal === SIGKILL) tell(paths, freezer, false);
  }
}
