/**
 * Whose the processes in a container's cgroups are. Two containers may name one cgroupsPath: create refuses a
 * cgroup that has processes, but not one whose container has stopped and is not deleted yet.
 */
import { livingPids } from "../cgroup/processes.ts";
import { isAlive } from "./status.ts";
import { type ContainerRecord, findRecord, listIds } from "./store.ts";

/**
 * The processes in the cgroups of a container that are another's: none of a container whose init lives, and none
 * where nothing lives.
 */
export function foreignPids(root: string, record: ContainerRecord): number[] {
  if (isAlive(record)) return [];
  const pids = livingPids(record.cgroups);
  if (pids.length === 0) return [];
  // With init its whole pid namespace has ended; without one, others of the container may have outlived init.
  return record.privatePids || isShared(root, record) ? pids : [];
}

/** Whether a container that lives has one of the cgroups. */
function isShared(root: string, record: ContainerRecord): boolean {
  const own = new Set(Object.values(record.cgroups));
  return listIds(root).some((id) => {
    if (id === record.id) return false;
    const other = readable(root, id);
    return (
      other !== undefined && isAlive(other) && Object.values(other.cgroups).some((path) => own.has(path))
    );
  });
}

function readable(root: string, id: string): ContainerRecord | undefined {
  try {
    return findRecord(root, id);
  } catch {
    return undefined;
  }
}
