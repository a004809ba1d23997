/** What was done for a container that exists, and how long it took. */
import { OcirtError } from "../errors.ts";
import { type DoneStep, doneSteps } from "../explain/timeline.ts";
import { files, isNativeError } from "../native/index.ts";
import { textToSteps } from "./kept-steps.ts";
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
  const creation = kept(root, id, "create");
  const steps = textToSteps(creation?.rest ?? "");
  if (steps === undefined || creation === undefined) {
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
  const create = creation.times;
  const start = kept(root, id, "start")?.times;
  const done = doneSteps({ steps, create, start, lateFrom: record.lateFrom });
  return { id, status: statusOf(root, record), steps: done };
}

/** undefined where it is not there, or was cut short. */
function kept(
  root: string,
  id: string,
  command: "create" | "start",
): { readonly times: Timeline; readonly rest: string } | undefined {
  try {
    const text = files().readText(timesFile(root, id, command));
    const end = text.indexOf("\n");
    return { times: JSON.parse(text.slice(0, end)) as Timeline, rest: text.slice(end + 1) };
  } catch (error) {
    if (isNativeError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
