/** `list`: the containers of the state directory. */
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { files } from "../native/index.ts";
import type { GlobalOptions } from "./options.ts";
import { type ContainerState, containerState } from "./state.ts";
import { listIds } from "./store.ts";

/** In the order of runc's JSON. */
export type ContainerSummary = Required<
  Pick<
    ContainerState,
    "ociVersion" | "id" | "pid" | "status" | "bundle" | "rootfs" | "created" | "annotations" | "owner"
  >
>;

/**
 * All containers, sorted by id. A directory that is not (or no longer) a container of this runtime is warned
 * of and left out. Throws an OcirtError where --root was given and does not exist.
 */
export function listContainers(global: GlobalOptions): ContainerSummary[] {
  if (global.rootGiven && files().stat(global.root, true) === undefined) {
    throw new OcirtError({ action: "open the state directory", path: global.root, errno: "ENOENT" });
  }
  const found: ContainerSummary[] = [];
  for (const id of listIds(global.root)) {
    try {
      found.push(summary(containerState(global, id)));
    } catch (error) {
      // Deleted since the directory was read: it is none of the containers any more.
      if (files().stat(`${global.root}/${id}`, false) === undefined) continue;
      logWarning(`skip \`${id}\`: ${error instanceof Error ? error.message : error}`);
    }
  }
  return found;
}

function summary(state: ContainerState): ContainerSummary {
  const { ociVersion, id, pid = 0, status, bundle, rootfs, created, annotations = {}, owner } = state;
  return { ociVersion, id, pid, status, bundle, rootfs, created, annotations, owner };
}
