/**
 * One command at a time changes a container: flock(2) on its directory, which the kernel gives up for a holder
 * that dies. All is synchronous, also the wait for another command. Where the state directory's file system has no
 * such locks, proper-lockfile's take their place.
 */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";

/** How long another command may keep the container, in milliseconds. */
const LIMIT_MS = 30_000;

/** What file systems without flock(2) answer: NFS and FUSE by their kinds. */
const UNSUPPORTED = new Set(["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EBADF", "EINVAL"]);

/** A descriptor that holds the lock until it is closed; NOTHING where there is no directory to be locked. */
type Lock = number;
export const NOTHING: Lock = -1;

function lock(directory: string, milliseconds: number): Lock | "taken" | "unsupported" {
  try {
    return files().lock(directory, milliseconds);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (error.code === "EAGAIN") return "taken";
    if (error.syscall === "flock" && UNSUPPORTED.has(error.code)) return "unsupported";
    throw new OcirtError({ action: "lock the container", path: directory, errno: error.code });
  }
}

export function unlock(held: Lock): void {
  if (held !== NOTHING) files().close(held);
}

/**
 * The lock of the container that this command makes. undefined: somebody has removed its directory meanwhile. NOTHING
 * without flock(2): mkdir(2) has decided whose it is, and what was begun can't wait for a promise.
 */
export function lockOwn(directory: string, id: string): Lock | undefined {
  const held = lock(directory, LIMIT_MS);
  if (held === "taken") throw isTaken(directory, id);
  if (held === "unsupported") return NOTHING;
  return held === NOTHING ? undefined : held;
}

/**
 * Does the work while no other command holds the container. `contended` is called before the wait for one that does.
 * The work is told whether there was a directory: where there was none nothing is locked, and what it finds there all the
 * same is being made by another command. A promise only where proper-lockfile had to be used.
 */
export function withLock<T>(
  directory: string,
  id: string,
  work: (there: boolean) => T,
  contended: () => void = () => {},
): T | Promise<T> {
  let held = lock(directory, 0);
  if (held === "taken") {
    contended();
    held = lock(directory, LIMIT_MS);
  }
  if (held === "taken") throw isTaken(directory, id);
  if (held === "unsupported") {
    const { withLockFile } = require("./lock-file.ts") as typeof import("./lock-file.ts");
    return withLockFile(directory, id, () => work(true));
  }
  try {
    return work(held !== NOTHING);
  } finally {
    unlock(held);
  }
}

function isTaken(directory: string, id: string): OcirtError {
  const { holderOf } = require("./lock-holder.ts") as typeof import("./lock-holder.ts");
  const holder = holderOf(directory);
  return new OcirtError({
    action: "lock the container",
    path: id,
    reason: `another command has been working on it for ${LIMIT_MS / 1000} s`,
    hint: holder === undefined ? "try again" : `it is process ${holder}; wait for it, or end it`,
  });
}
