/** Sources of bind mounts that init can't open: hidden from its user namespace, or to be id-mapped. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { O_RDONLY_CLOEXEC } from "../native/open-flags.ts";
import { processes, SIGKILL } from "../native/process.ts";
import { type MountMapping, mappingLines, mountMapping } from "../plan/idmap.ts";
import { BIND_FLAGS, type Step } from "../plan/steps.ts";
import type { Spec } from "../spec/types.ts";

/** Answers the request of init, whose pid this is, for the source of this step. */
export function sendSource(sync: number, pid: number, spec: Spec, step: Step | undefined): void {
  if (step?.kind === "pivotHelper") {
    const plain = { recursive: false, noFollow: false, userns: -1, mapAll: false };
    processes().sendTree(sync, { path: step.path, ...plain, readOnly: true });
    return;
  }
  if (step?.kind !== "bind")
    throw new OcirtError({ action: "open a mount's source", reason: "init asks for none" });
  const pointer = step.pointer ?? "";
  const mount = spec.mounts?.[Number(pointer.split("/").at(-1))];
  const mapping = mount === undefined ? undefined : mountMapping(spec, mount, pointer);
  const userns = mapping === undefined ? -1 : namespaceOf(mapping, pid, pointer);
  try {
    processes().sendTree(sync, {
      path: step.source,
      recursive: step.recursive === 1,
      noFollow: (step.flags & BIND_FLAGS.sourceNoFollow) !== 0,
      userns,
      mapAll: mapping?.recursive ?? false,
      readOnly: false,
    });
  } finally {
    if (userns >= 0) files().close(userns);
  }
}

function namespaceOf(mapping: MountMapping, pid: number, pointer: string): number {
  if (!mapping.joined) return mappedNamespace(mapping, pointer);
  return files().open(`/proc/${pid}/ns/user`, O_RDONLY_CLOEXEC, 0);
}

/** A user namespace with that mapping; it lives as long as its descriptor or a mount that has it. */
function mappedNamespace(mapping: MountMapping, pointer: string): number {
  const pid = processes().holdUserNamespace();
  try {
    files().writeExisting(`/proc/${pid}/uid_map`, mappingLines(mapping.uids));
    files().writeExisting(`/proc/${pid}/gid_map`, mappingLines(mapping.gids));
    return files().open(`/proc/${pid}/ns/user`, O_RDONLY_CLOEXEC, 0);
  } catch (error) {
    throw new OcirtError({
      action: "map the ids of the mount",
      pointer,
      errno: isNativeError(error) ? error.code : undefined,
      hint: "the mappings of a mount may not overlap, and each host id must be the caller's to map",
    });
  } finally {
    processes().kill(pid, SIGKILL);
    processes().reap(pid);
  }
}
