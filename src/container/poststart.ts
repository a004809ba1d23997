/** Hooks after the start of the program (config.md, poststart). */
import { logWarning } from "../cli/log.ts";
import { messageOf } from "../errors.ts";
import { runHooks } from "../hooks/run.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { hookState } from "./hook-state.ts";
import { endInit } from "./kill.ts";
import type { ContainerRecord } from "./store.ts";

/** Milliseconds of looking, and nanoseconds of work after which a program that never waits has begun, too. */
const LONGEST_LOOK = 1000;
const ENOUGH_WORK = 10_000_000;

/**
 * Hooks come after the program, not only after its execve(2): on a busy machine it might not have had the processor
 * yet. Waits until it waits for something, has ended, or has worked for a while.
 */
function letProgramBegin(pid: number): void {
  const workOf = () => Number(files().readText(`/proc/${pid}/schedstat`).split(" ", 1)[0]);
  try {
    const before = workOf();
    for (let looks = 0; looks < LONGEST_LOOK; looks++) {
      const stat = files().readText(`/proc/${pid}/stat`);
      const state = stat[stat.lastIndexOf(")") + 2];
      if ((state !== "R" && state !== "D") || workOf() - before > ENOUGH_WORK) return;
      processes().sleep(1);
    }
  } catch (error) {
    // It has been reaped, or the kernel doesn't tell.
    if (!isNativeError(error)) throw error;
  }
}

/** Runs them; the first that fails ends the container. */
export function runPoststart(record: ContainerRecord): void {
  letProgramBegin(record.pid);
  try {
    runHooks("poststart", record.hooks.poststart, hookState(record, "running"));
  } catch (error) {
    try {
      endInit(record);
    } catch (failure) {
      logWarning(messageOf(failure));
    }
    throw error;
  }
}
