/** `ps`: which processes are the container's. */
import { cgroupPids } from "../cgroup/processes.ts";
import { OcirtError } from "../errors.ts";
import type { GlobalOptions } from "./options.ts";
import { isAlive } from "./status.ts";
import { readRecord } from "./store.ts";

/** The processes of a container as the host numbers them, sorted; none where it has stopped. */
export function containerPids({ root }: GlobalOptions, id: string): number[] {
  const record = readRecord(root, id);
  if (Object.keys(record.cgroups).length === 0) {
    throw new OcirtError({
      action: "list the container's processes",
      path: id,
      reason: "it has no cgroup, which would tell them",
    });
  }
  // With init its whole pid namespace has ended: who is in the cgroup now is somebody else.
  if (record.privatePids && !isAlive(record)) return [];
  return cgroupPids(record.cgroups, true).sort((a, b) => a - b);
}
