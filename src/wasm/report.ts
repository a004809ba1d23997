/** What the engine says on stderr while a guest runs. */
import { files } from "../native/index.ts";
import type { Loaded } from "./module.ts";
import { trapText, wasmFrames } from "./trap.ts";

/** stderr may be closed, or full and non-blocking: the status says it all the same. */
export function report(text: string): void {
  try {
    files().writeFd(2, text);
  } catch {
    // Nobody reads it.
  }
}

/** Why a guest trapped, and where. `namesOf`: of functions that the engine's compiler has no names of. */
export function reportTrap(module: string, error: unknown, namesOf: Loaded["namesOf"]): void {
  const frames = wasmFrames(error);
  report(trapText(module, error, frames, namesOf(frames)));
}
