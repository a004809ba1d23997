/** Who has a lock, for the error of a command that can't get it. */
import { files } from "../native/index.ts";

/**
 * The process of /proc/locks (proc_locks(5)) that holds flock(2) on an inode: "1: FLOCK ADVISORY WRITE 12 00:1b:34 0
 * EOF"; those that wait have an arrow before the kind. The device is not compared: some file systems show another.
 */
export function holderInTable(table: string, inode: number): number | undefined {
  for (const line of table.split("\n")) {
    const [, kind, , access, pid, place = ""] = line.trim().split(/\s+/);
    if (kind === "FLOCK" && access === "WRITE" && place.endsWith(`:${inode}`)) return Number(pid);
  }
  return undefined;
}

export function holderOf(path: string): number | undefined {
  const status = files().stat(path, false);
  return status === undefined ? undefined : holderInTable(files().readText("/proc/locks"), status.ino);
}
