/** The namespaces of a new container on the host's side: opened to be joined, and why init could not be started in them. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError, type NativeError } from "../native/index.ts";
import { O_RDONLY_CLOEXEC } from "../native/open-flags.ts";
import type { NamespacePlan } from "../plan/namespaces.ts";

export function openNamespace(path: string, type: string, pointer: string): number {
  try {
    return files().open(path, O_RDONLY_CLOEXEC, 0);
  } catch (error) {
    throw new OcirtError({
      action: `open the ${type} namespace`,
      path,
      pointer: `${pointer}/path`,
      errno: isNativeError(error) ? error.code : undefined,
    });
  }
}

/** What the addon's spawn says; its path is the index of the namespace that could not be joined. */
export function spawnError({ joins }: NamespacePlan, error: NativeError): OcirtError {
  const joined = joins.filter(({ type }) => type !== "time");
  const join = error.path === undefined ? undefined : joined[Number(error.path)];
  if (join === undefined) {
    const { syscall: action, code: errno } = error;
    return new OcirtError({ action, pointer: "/linux/namespaces", errno, hint: spawnHint(errno) });
  }
  return new OcirtError({
    action: `join the ${join.type} namespace`,
    path: join.path,
    pointer: `${join.pointer}/path`,
    errno: error.code,
    hint:
      error.code === "EINVAL"
        ? `the file must be a ${join.type} namespace, such as /proc/PID/ns/*`
        : undefined,
  });
}

function spawnHint(errno: string): string | undefined {
  if (errno === "EPERM") return "the runtime must be root, or the container needs a user namespace";
  if (errno === "EINVAL")
    return "this kernel lacks one of the namespaces, or one can't be joined in this combination";
  if (errno === "ENOSPC") return "the limit in /proc/sys/user/max_*_namespaces is reached";
  return undefined;
}
