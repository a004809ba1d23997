/** `kill` (runtime.md, Kill): a signal to the container's process, or to all of its cgroup. */
import { killCgroup } from "../cgroup/processes.ts";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes, SIGKILL } from "../native/process.ts";
import { foreignPids } from "./cgroup-owner.ts";
import type { GlobalOptions } from "./options.ts";
import { isAlive, startTimeOf, statusOf } from "./status.ts";
import { type ContainerRecord, readRecord } from "./store.ts";

/** Throws "container not running" for one that has stopped; with `all` that is no error (as runc). */
export function killContainer(global: GlobalOptions, id: string, signal: number, all: boolean): void {
  const record = readRecord(global.root, id);
  const stopped = statusOf(global.root, record) === "stopped";
  if (record.pid === 0) {
    // Nothing of its own has run yet: who is in these cgroups is somebody else.
    if (all) return;
    throw notRunning(id);
  }
  const grouped = Object.keys(record.cgroups).length > 0;
  if (all && (grouped || stopped)) {
    if (stopped && foreignPids(global.root, record).length > 0) return;
    killCgroup(record.cgroups, signal);
    return;
  }
  if (stopped) throw notRunning(id);
  // Without a pid namespace of its own the end of init leaves the others alive: KILL means them too (as runc).
  if (signal === SIGKILL && !record.privatePids && grouped) {
    killCgroup(record.cgroups, signal);
    return;
  }
  signalInit(record, signal);
}

function notRunning(id: string): OcirtError {
  return new OcirtError({ action: "signal the container", path: id, reason: "container not running" });
}

/**
 * Does something to the container's init by its pidfd, which is checked when it is open: a pid that was reused
 * meanwhile gets nothing. undefined where init is gone.
 */
export function withInit<T>({ pid, startTime }: ContainerRecord, work: (pidfd: number) => T): T | undefined {
  let pidfd = -1;
  try {
    pidfd = processes().pidfdOpen(pid);
    return startTimeOf(pid) === startTime ? work(pidfd) : undefined;
  } catch (error) {
    if (isNativeError(error) && error.code === "ESRCH") return undefined;
    throw error;
  } finally {
    if (pidfd >= 0) files().close(pidfd);
  }
}

function signalInit(record: ContainerRecord, signal: number): void {
  const signalled = withInit(record, (pidfd) => {
    try {
      processes().pidfdSignal(pidfd, signal);
      return true;
    } catch (error) {
      if (!isNativeError(error) || error.code === "ESRCH") throw error;
      throw new OcirtError({ action: "signal the container", path: record.id, errno: error.code });
    }
  });
  if (!signalled) throw notRunning(record.id);
}

/** How long a killed process may take to end. */
const END_LIMIT_MS = 10_000;

/** Ends init for good and waits until it is gone. */
export function endInit(record: ContainerRecord): void {
  if (!isAlive(record)) return;
  withInit(record, (pidfd) => {
    processes().pidfdSignal(pidfd, SIGKILL);
    if (processes().pidfdWait(pidfd, END_LIMIT_MS)) return;
    throw new OcirtError({
      action: "end the container",
      path: record.id,
      reason: `its process ${record.pid} did not end within ${END_LIMIT_MS / 1000} s of SIGKILL`,
      hint: "it may be in an uninterruptible wait: see /proc/PID/stack",
    });
  });
}
