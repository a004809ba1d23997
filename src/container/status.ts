/** Status is derived from the kernel: pid with its start time, init's executable, the cgroup's freezer. */
import { isFrozen } from "../cgroup/processes.ts";
import { files } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { type ContainerRecord, startSocketOf } from "./store.ts";

export type Status = "creating" | "created" | "running" | "paused" | "stopped";

interface ProcessStat {
  readonly name: string;
  readonly state: string;
  /** PF_* of the kernel's include/linux/sched.h. */
  readonly flags: number;
  readonly threads: number;
  readonly startTime: string;
}

/** The process is in its exit: its memory, descriptors and namespaces go, and then those of its pid namespace. */
const PF_EXITING = 0x4;

/** Of /proc/PID/stat or /proc/PID/task/TID/stat. The name stands in parentheses and may hold anything. */
function processStat(pid: number | `${number}/task/${string}`): ProcessStat | undefined {
  let text: string;
  try {
    text = files().readText(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  // Field 3 is the state, field 9 the flags, field 20 the threads, field 22 the start time (proc_pid_stat(5)).
  const name = text.slice(text.indexOf("(") + 1, end);
  return {
    name,
    state: fields[0] ?? "",
    flags: Number(fields[6] ?? 0),
    threads: Number(fields[17] ?? 0),
    startTime: fields[19] ?? "",
  };
}

/** Clock ticks since boot at which a process started; "" where there is none. */
export function startTimeOf(pid: number): string {
  return processStat(pid)?.startTime ?? "";
}

/** The name that init gives itself (native/init/main.c), until execve gives it the program's. */
const INIT_NAME = "ocirt:init";

/**
 * Whether a process whose descriptors were closed has executed its program, or was killed right before. undefined:
 * it is gone altogether. The kernel closes them a moment before the name changes, or the process is seen as dead.
 */
export function hasExecuted(pid: number): boolean | undefined {
  for (let tries = 0; tries < 150; tries++) {
    const stat = processStat(pid);
    if (stat === undefined) return undefined;
    if (stat.name !== INIT_NAME) return true;
    if (stat.state === "Z" || stat.state === "X") return false;
    processes().sleep(tries < 100 ? 0 : 1);
  }
  // A program of that very name.
  return true;
}

/**
 * Of the container's init while it lives; a zombie does not. What is told is its first thread: when that alone has ended
 * the process lives on, and its pid namespace ends only with the last.
 */
function livingStat(record: ContainerRecord): ProcessStat | undefined {
  if (record.pid === 0) return undefined;
  const stat = processStat(record.pid);
  if (stat === undefined || stat.startTime !== record.startTime) return undefined;
  const ended = stat.state === "Z" || stat.state === "X";
  return ended && stat.threads <= 1 ? undefined : stat;
}

/** Whether the container's init lives; a zombie does not. */
export function isAlive(record: ContainerRecord): boolean {
  return livingStat(record) !== undefined;
}

/**
 * Whether the container's init has ended, or is ending. Before init is a zombie it kills all others of its pid
 * namespace and waits for them: they are seen to end first.
 */
export function isEnding(record: ContainerRecord): boolean {
  const stat = livingStat(record);
  return stat === undefined || (isExiting(stat) && threadsOf(record.pid).every(isExiting));
}

const isExiting = ({ flags }: ProcessStat): boolean => (flags & PF_EXITING) !== 0;

function threadsOf(pid: number): ProcessStat[] {
  try {
    const threads = files().readdir(`/proc/${pid}/task`);
    return threads.map((tid) => processStat(`${pid}/task/${tid}`)).filter((stat) => stat !== undefined);
  } catch {
    return [];
  }
}

/** While it waits for `start`, the process's executable is the init program in its memory file. */
function isInit(pid: number): boolean {
  try {
    return files().readlink(`/proc/${pid}/exe`).startsWith("/memfd:ocirt-init");
  } catch {
    // Not to be read by an ordinary user: init is not dumpable, the container's process usually is.
    return true;
  }
}

export function statusOf(root: string, record: ContainerRecord): Status {
  if (!isAlive(record)) return record.pid === 0 && record.phase === "creating" ? "creating" : "stopped";
  if (record.phase === "creating") return "creating";
  // Also before start (as runc): a frozen init answers nobody.
  if (isFrozen(record.cgroups)) return "paused";
  const waiting = files().stat(startSocketOf(root, record.id), false) !== undefined;
  return waiting && (record.wasm || isInit(record.pid)) ? "created" : "running";
}
