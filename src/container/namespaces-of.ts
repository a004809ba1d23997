/** In which namespaces a container is not where the runtime is. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { NAMESPACES } from "../plan/namespaces.ts";
import type { ContainerRecord } from "./store.ts";

/** CLONE_NEW* of the namespaces in which it is not where we are. */
export function namespacesOf({ pid }: ContainerRecord): number {
  let flags = 0;
  for (const { proc, flag } of Object.values(NAMESPACES)) {
    // A kind that this kernel lacks is nobody's.
    if (files().stat(`/proc/self/ns/${proc}`, false) === undefined) continue;
    if (linkOf(pid, proc) !== linkOf("self", proc)) flags |= flag;
  }
  return flags;
}

function linkOf(pid: number | "self", proc: string): string {
  const path = `/proc/${pid}/ns/${proc}`;
  try {
    return files().readlink(path);
  } catch (error) {
    const errno = isNativeError(error) ? error.code : undefined;
    throw new OcirtError({ action: "join the container's namespaces", path, errno });
  }
}
