/**
 * One command at a time changes a container. The lock is a directory, as proper-lockfile makes it: mkdir(2)
 * decides. Nobody waits in the common case, and then the library isn't even loaded; a command that finds the
 * lock taken loads it, waits by its rules, and takes over the lock of a holder that has died.
 */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";

/** Milliseconds after which a lock that nobody refreshes belongs to the dead. */
const STALE_MS = 20_000;
const RETRIES = { retries: 300, minTimeout: 20, maxTimeout: 100, factor: 1.2 };

const lockOf = (root: string, id: string): string => `${root}/.${id}.lock`;

/** Whether it could be taken at once; an absent root has nothing to be locked. */
function tryLock(path: string): boolean {
  try {
    files().mkdir(path, 0o700);
    return true;
  } catch (error) {
    if (isNativeError(error) && error.code === "EEXIST") return false;
    throw new OcirtError({ action: "lock the container", path, cause: error });
  }
}

function unlock(path: string): void {
  try {
    files().rmdir(path);
  } catch (error) {
    if (!isNativeError(error) || error.code !== "ENOENT") throw error;
  }
}

/** Does the work while no other command holds the container. A promise only where it had to wait. */
export function withLock<T>(root: string, id: string, work: () => T): T | Promise<T> {
  const path = lockOf(root, id);
  if (files().stat(root, true) === undefined) return work();
  if (!tryLock(path)) return waitAndWork(path, id, work);
  try {
    return work();
  } finally {
    unlock(path);
  }
}

async function waitAndWork<T>(path: string, id: string, work: () => T): Promise<T> {
  const { default: lockfile } = await import("proper-lockfile");
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
