/** What a signal to the runtime means while the container is being made. */
import { OcirtError } from "../errors.ts";
import { processes } from "../native/process.ts";

/** The error of what was given up because a signal asks the runtime to end; the exit code is a shell's for it. */
export function interrupted(action: string, path?: string, pointer?: string): OcirtError {
  const signal = processes().takeInterruption();
  const reason = `interrupted by signal ${signal}`;
  return new OcirtError({ action, path, pointer, reason, exitCode: 128 + signal });
}
