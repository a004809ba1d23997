/** Whether this process is in a user namespace of somebody's, where its root is an ordinary user outside. */
import { files } from "./index.ts";

/** All ids, each as itself: the initial user namespace's map (user_namespaces(7)). */
const IDENTITY = /^\s*0\s+0\s+4294967295\s*$/;

export function inUserNamespace(): boolean {
  try {
    return !IDENTITY.test(files().readText("/proc/self/uid_map"));
  } catch {
    // A kernel without user namespaces, or no /proc.
    return false;
  }
}
