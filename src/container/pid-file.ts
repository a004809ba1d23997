/** The file of --pid-file. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";

/** Digits only, without a newline: what engines read. */
export function writePidFile(path: string, pid: number): void {
  try {
    files().writeAtomic(path, String(pid), 0o644);
  } catch (error) {
    throw new OcirtError({
      action: "write the pid file",
      path,
      errno: isNativeError(error) ? error.code : undefined,
    });
  }
}

export function removePidFile(path: string | undefined): void {
  if (path !== undefined && files().stat(path, false) !== undefined) files().unlink(path);
}
