/** Writing control files, and what their refusals mean. */
import { type ErrorFacts, OcirtError } from "../errors.ts";
import { files, isNativeError, type NativeError } from "../native/index.ts";
import type { LimitWrite } from "./limits.ts";

/** A control file's content without its newline; undefined where it cannot be read. */
export function readControl(directory: string, file: string): string | undefined {
  try {
    return files().readText(`${directory}/${file}`).trimEnd();
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

/** Writes; the error where the kernel refused. */
export function tryWrite(directory: string, file: string, value: string): NativeError | undefined {
  try {
    files().writeExisting(`${directory}/${file}`, value);
    return undefined;
  } catch (error) {
    if (isNativeError(error)) return error;
    throw error;
  }
}

/** What the user can do about a refusal of a file's value. */
function hintFor(directory: string, file: string, errno: string): string | undefined {
  if (file.startsWith("memory.") && errno === "EBUSY") {
    const usage = readControl(directory, "memory.usage_in_bytes") ?? readControl(directory, "memory.current");
    return usage === undefined ? undefined : `${usage} bytes are in use`;
  }
  if (errno === "ENOENT") {
    const isSwap = file.includes("memsw") || file.includes("swap.");
    return isSwap ? "this kernel counts no swap (boot with swapaccount=1)" : "this kernel has no such file";
  }
  if (file.startsWith("cpuset.")) return "the parent cgroup must have these CPUs and memory nodes";
  if (file.startsWith("devices.") && errno === "EPERM") return "the parent cgroup must allow these devices";
  if (errno === "EINVAL") return "the parent cgroup's value, or another one of this cgroup, forbids it";
  return undefined;
}

export function writeFailed(directory: string, write: LimitWrite, error: NativeError): OcirtError {
  const facts: ErrorFacts = {
    action: `write \`${write.value}\` to`,
    path: `${directory}/${write.file}`,
    pointer: write.pointer,
    errno: error.code,
    hint: hintFor(directory, write.file, error.code),
  };
  return new OcirtError(facts);
}

/** One write with its fallback; true where it is to be tried again later. */
function writeOne(directory: string, write: LimitWrite, isLast: boolean): boolean {
  let error = tryWrite(directory, write.file, write.value);
  if (error?.code === "ENOENT") {
    if (write.fallback !== undefined) error = tryWrite(directory, write.fallback.file, write.fallback.value);
    else if (write.optional === true) return false;
  }
  if (error === undefined) return false;
  if (error.code === "EINVAL" && write.retry === true && !isLast) return true;
  throw writeFailed(directory, write, error);
}

/** Writes all, those again at the end that the kernel may take only then. Throws OcirtError. */
export function writeLimits(directory: string, writes: readonly LimitWrite[]): void {
  const again = writes.filter((write) => writeOne(directory, write, false));
  for (const write of again) writeOne(directory, write, true);
}
