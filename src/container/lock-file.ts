/** The lock where the state directory's file system has no flock(2): a directory that is made beside the container's. */
import lockfile from "proper-lockfile";
import { OcirtError } from "../errors.ts";

/**
 * Milliseconds after which a lock belongs to the dead. Nothing refreshes it while a command works, which is
 * synchronous, so it is longer than any work under a lock: ten seconds for a process that doesn't end, two for a
 * cgroup.
 */
const STALE_MS = 60_000;
const RETRIES = { retries: 300, minTimeout: 20, maxTimeout: 100, factor: 1.2 };

/** `<root>/.<id>.lock`: no id begins with a dot. */
const lockFileOf = (directory: string): string => directory.replace(/\/([^/]*)$/, "/.$1.lock");

export async function withLockFile<T>(directory: string, id: string, work: () => T): Promise<T> {
  const path = lockFileOf(directory);
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(path, {
      lockfilePath: path,
      realpath: false,
      stale: STALE_MS,
      retries: RETRIES,
    });
  } catch (error) {
    throw new OcirtError({
      action: "lock the container",
      path: id,
      reason: "another command works on it",
      hint: `wait for it, or remove \`${path}\` if there is none`,
      cause: error,
    });
  }
  try {
    return work();
  } finally {
    await release();
  }
}
