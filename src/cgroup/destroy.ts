/** Removes a container's cgroups. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import type { CgroupPaths } from "./plan.ts";
import { cgroupPids, sleep, subCgroups } from "./processes.ts";

/** Milliseconds between the rounds: a process that was killed needs a moment to be gone. */
const PAUSES = [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

/** undefined: it is gone; else why not. */
function remove(directory: string): string | undefined {
  try {
    files().rmdir(directory);
    return undefined;
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return error.code === "ENOENT" ? undefined : error.code;
  }
}

/** Depth first, and the cgroup itself at last. */
function removeAll(directory: string): string | undefined {
  const errno = remove(directory);
  // Busy are also those that have sub-cgroups.
  if (errno !== "EBUSY" && errno !== "ENOTEMPTY") return errno;
  const below = subCgroups(directory);
  if (below.length === 0) return errno;
  for (const path of below) removeAll(path);
  return remove(directory);
}

/** Removes those that hold nothing; what is in the others is not the caller's to judge. */
export function removeEmptyCgroups(paths: CgroupPaths): void {
  for (const directory of new Set(Object.values(paths))) remove(directory);
}

/**
 * Removes the directories and all below them; absent ones are fine. Waits about two seconds for processes that
 * are dying, kills none itself. Throws OcirtError where a cgroup stays.
 */
export function destroyCgroup(paths: CgroupPaths): void {
  let left = [...new Set(Object.values(paths))];
  let errno = "";
  for (let round = 0; ; round++) {
    left = left.filter((directory) => {
      const error = removeAll(directory);
      if (error !== undefined) errno = error;
      return error !== undefined;
    });
    const pause = PAUSES[round];
    const [directory] = left;
    if (directory === undefined) return;
    if (pause !== undefined && (errno === "EBUSY" || errno === "ENOTEMPTY")) {
      sleep(pause);
      continue;
    }
    const pids = cgroupPids({ "": directory }, true);
    const hint = pids.length === 0 ? undefined : `processes in it: ${pids.join(", ")}`;
    throw new OcirtError({ action: "remove the cgroup", path: directory, errno, hint });
  }
}
