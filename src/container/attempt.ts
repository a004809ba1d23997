/** Cleaning up after a failure, which is the one to be told. */
import { logWarning } from "../cli/log.ts";
import { messageOf } from "../errors.ts";

/** Does what it can: an error is a warning, and keeps nothing else from being cleaned up. */
export function attempt(what: () => void): void {
  try {
    what();
  } catch (error) {
    logWarning(`while cleaning up: ${messageOf(error)}`);
  }
}
