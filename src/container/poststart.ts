/** Hooks after the start of the program (config.md, poststart). */
import { logWarning } from "../cli/log.ts";
import { messageOf } from "../errors.ts";
import { runHooks } from "../hooks/run.ts";
import { hookState } from "./hook-state.ts";
import { endInit } from "./kill.ts";
import type { ContainerRecord } from "./store.ts";

/** Runs them; the first that fails ends the container. */
export function runPoststart(record: ContainerRecord): void {
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
