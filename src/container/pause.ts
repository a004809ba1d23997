/** `pause` and `resume`: the container's freezer. */
import { freeze, thaw } from "../cgroup/processes.ts";
import { OcirtError } from "../errors.ts";
import { withLock } from "./lock.ts";
import type { GlobalOptions } from "./options.ts";
import { statusOf } from "./status.ts";
import { directoryOf, readRecord } from "./store.ts";

/** A created container may be paused, too (as runc). A promise where another command had to be waited for. */
export function pauseContainer({ root }: GlobalOptions, id: string): void | Promise<void> {
  return withLock(directoryOf(root, id), id, () => {
    const record = readRecord(root, id);
    const status = statusOf(root, record);
    if (status === "running" || status === "created") return freeze(record.cgroups);
    throw new OcirtError({
      action: "pause the container",
      path: id,
      reason: "container not running",
      hint: `it is ${status}`,
    });
  });
}

/** A promise where another command had to be waited for. */
export function resumeContainer({ root }: GlobalOptions, id: string): void | Promise<void> {
  return withLock(directoryOf(root, id), id, () => {
    const record = readRecord(root, id);
    const status = statusOf(root, record);
    if (status === "paused") return thaw(record.cgroups);
    throw new OcirtError({
      action: "resume the container",
      path: id,
      reason: "container not paused",
      hint: `it is ${status}`,
    });
  });
}
