/** Hooks after the start of the program (config.md, poststart). */
import { logWarning } from "../cli/log.ts";
import { runHooks } from "../hooks/run.ts";
import { hookState } from "./hook-state.ts";
import { endInit } from "./kill.ts";
import type { ContainerRecord } from "./store.ts";

/** How long a killed process may take to end. */
const END_LIMIT_MS = 10_000;

/** Runs them; the first that fails ends the container. */
export function runPoststart(record: ContainerRecord): void {
  try {
    runHooks("poststart", record.hooks.poststart, hookState(record, "running"));
  } catch (error) {
    try {
      endInit(record, END_LIMIT_MS);
    } catch (failure) {
      logWarning(failure instanceof Error ? failure.message : String(failure));
    }
    throw error;
  }
}
