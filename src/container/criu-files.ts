/** The files around CRIU: its images' directory, its configuration, its log. */
import type { CriuFailure } from "../criu/client.ts";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { CRIU_CONFIG } from "../spec/annotations.ts";
import type { ContainerRecord } from "./store.ts";

export const O_DIRECTORY_CLOEXEC = 0o2200000;

/** Removes an earlier log. */
export function forget(log: string): void {
  if (files().stat(log, false) !== undefined) files().unlink(log);
}

/** A descriptor of the directory, which is made where it is missing. */
export function openDirectory(path: string): number {
  try {
    files().mkdirAll(path, 0o700);
    return files().open(path, O_DIRECTORY_CLOEXEC, 0);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "make the directory of the images", path, errno: error.code });
  }
}

/** The container's own file by annotation (none where it is empty), the runtime's, or runc's. */
export function configOf({ annotations }: ContainerRecord): string | undefined {
  const own = annotations[CRIU_CONFIG];
  if (own !== undefined) return own === "" ? undefined : own;
  const path = "/etc/criu/ocirt.conf";
  return files().stat(path, true) === undefined ? "/etc/criu/runc.conf" : path;
}

/** How many of CRIU's last errors are told: the cause, and what failed by it. */
const TOLD = 3;

/** Its reason is what CRIU has written to its log. */
export function criuError(action: string, id: string, log: string, { message }: CriuFailure): OcirtError {
  let said: string[] = [];
  try {
    const errors =
      files()
        .readText(log)
        .match(/Error \([^)]*\): .*/g) ?? [];
    said = errors
      .map((line) => line.replace(/^Error \([^)]*\): /, ""))
      // It goes on without more open files.
      .filter((line) => !line.startsWith("rlimit: "))
      .slice(-TOLD);
  } catch {
    // CRIU has written none.
  }
  const reason = `criu failed: ${said.length === 0 ? message : said.join(": ")}`;
  return new OcirtError({ action, path: id, reason, hint: `see ${log}` });
}
