/** Status is derived from the kernel: pid with its start time, init's executable, the cgroup's freezer. */
import { isFrozen } from "../cgroup/processes.ts";
import { files } from "../native/index.ts";
import { type ContainerRecord, startSocketOf } from "./store.ts";

export type Status = "creating" | "created" | "running" | "paused" | "stopped";

/** Fields of /proc/PID/stat, after the name in parentheses, which may hold anything. */
function processStat(pid: number): { readonly state: string; readonly startTime: string } | undefined {
  let text: string;
  try {
    text = files().readText(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // Field 3 is the state, field 22 the start time (proc_pid_stat(5)).
  return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

/** Clock ticks since boot at which a process started; "" where there is none. */
export function startTimeOf(pid: number): string {
  return processStat(pid)?.startTime ?? "";
}

/** Whether the container's init lives; a zombie does not. */
export function isAlive(record: ContainerRecord): boolean {
  if (record.pid === 0) return false;
  const stat = processStat(record.pid);
  return (
    stat !== undefined && stat.startTime === record.startTime && stat.state !== "Z" && stat.state !== "X"
  );
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
  const waiting = files().stat(startSocketOf(root, record.id), false) !== undefined;
  if (waiting && (record.wasm || isInit(record.pid))) return "created";
  return isFrozen(record.cgroups) ? "paused" : "running";
}
