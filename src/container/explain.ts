/** What was done for a container that exists, and how long it took. */
import { OcirtError } from "../errors.ts";
import { type DoneStep, doneSteps } from "../explain/timeline.ts";
import { files, isNativeError } from "../native/index.ts";
import { stepsFile, textToSteps } from "./kept-steps.ts";
import type { GlobalOptions } from "./options.ts";
import { statusOf } from "./status.ts";
import { readRecord } from "./store.ts";
import { type Timeline, timesFile } from "./timeline.ts";

export interface ContainerExplanation {
  readonly id: string;
  readonly status: string;
  readonly steps: readonly DoneStep[];
}

/** Throws an OcirtError where nothing was kept of its creation. */
export function explainContainer(global: GlobalOptions, id: string): ContainerExplanation {
  const { root } = global;
  const record = readRecord(root, id);
  const steps = kept(stepsFile(root, id), textToSteps);
  const create = kept<Timeline>(timesFile(root, id, "create"), JSON.parse);
  if (steps === undefined || create === undefined) {
    const creating = record.phase === "creating";
    throw new OcirtError({
      action: "explain the container",
      path: id,
      reason: creating
        ? "it is being created, or its creation was cut short"
        : "nothing was kept of how it was created",
      hint: creating
        ? `\`ocirt delete --force ${id}\` removes what was cut short`
        : "it is of another version of ocirt: create it anew",
    });
  }
  const start = kept<Timeline>(timesFile(root, id, "start"), JSON.parse);
  const done = doneSteps({ steps, create, start, lateFrom: record.lateFrom });
  return { id, status: statusOf(root, record), steps: done };
}

/** undefined where it is not there, or was cut short. */
function kept<T>(path: string, parse: (text: string) => T | undefined): T | undefined {
  try {
    return parse(files().readText(path));
  } catch (error) {
    if (isNativeError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
