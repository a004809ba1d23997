/**
 * Who may arrange the container's cgroup of v2 from within (config-linux.md, Cgroup ownership; cgroups(7), delegation),
 * and the part of it that crun's annotation hands over.
 */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { onHost } from "../plan/idmap.ts";
import { DELEGATE_CGROUP } from "../spec/annotations.ts";
import type { IdMapping, Spec } from "../spec/types.ts";
import type { CgroupPaths } from "./plan.ts";
import { readControl, tryWrite } from "./write.ts";

const UNIFIED = "";
/** What the kernel lets a delegatee have, where /sys/kernel/cgroup/delegate does not say it. */
const DELEGATED = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads", "memory.oom.group"];

export interface Ownership {
  /**
   * The host's uid that the cgroup is given to; absent where it stays the runtime's. The gid goes with it: only then
   * root of a user namespace, as `exec` is on its way in, has a right to it.
   */
  readonly owner?: readonly [uid: number, gid: number];
  /** The cgroup below the container's that its process begins in, and that is given away. */
  readonly delegate?: string;
}

/** Without mappings the container's ids are the host's. */
const hostId = (id: number, mappings: readonly IdMapping[] | undefined): number | undefined =>
  mappings === undefined || mappings.length === 0 ? id : onHost(id, mappings);

/** Throws an OcirtError for an annotation that can't be followed. `version`: of the cgroup. Pure. */
export function cgroupOwnership(spec: Spec, version: 1 | 2): Ownership {
  const delegate = delegateOf(spec, version);
  const own = spec.linux?.namespaces?.some(({ type, path }) => type === "cgroup" && !path) ?? false;
  const writable =
    spec.mounts?.some(
      ({ type, options = [] }) => (type === "cgroup" || type === "cgroup2") && !options.includes("ro"),
    ) ?? false;
  if (version === 1 || !own || (!writable && delegate === undefined))
    return delegate === undefined ? {} : { delegate };
  const { uid = 0, gid = 0 } = spec.process?.user ?? {};
  const owner = [hostId(uid, spec.linux?.uidMappings), hostId(gid, spec.linux?.gidMappings)] as const;
  return { ...(isOther(owner) ? { owner } : {}), ...(delegate === undefined ? {} : { delegate }) };
}

/** Mapped, and not the root that has it already. */
function isOther(
  owner: readonly [number | undefined, number | undefined],
): owner is readonly [number, number] {
  return owner[0] !== undefined && owner[1] !== undefined && owner[0] !== 0;
}

function delegateOf({ annotations }: Spec, version: 1 | 2): string | undefined {
  const name = annotations?.[DELEGATE_CGROUP];
  if (name === undefined) return undefined;
  const refuse = (reason: string) =>
    new OcirtError({ action: "plan the cgroup", pointer: `/annotations/${DELEGATE_CGROUP}`, reason });
  if (version === 1) throw refuse("only a cgroup of v2 can be delegated");
  if (!/^[^/]+(\/[^/]+)*$/.test(name) || name.split("/").some((part) => part === "." || part === "..")) {
    throw refuse(`\`${name}\` is no path below the container's cgroup`);
  }
  return name;
}

/** Where the process is to be born: the same paths where nothing is delegated. */
export function birthplace(paths: CgroupPaths, { delegate }: Ownership): CgroupPaths {
  const unified = paths[UNIFIED];
  return delegate === undefined || unified === undefined
    ? paths
    : { ...paths, [UNIFIED]: `${unified}/${delegate}` };
}

/** Makes what is delegated, and gives the cgroup to its owner. Throws an OcirtError. */
export function handOver(paths: CgroupPaths, ownership: Ownership): void {
  const unified = paths[UNIFIED];
  if (unified === undefined) return;
  const place = birthplace(paths, ownership)[UNIFIED] ?? unified;
  try {
    // Before anybody is in a cgroup, who would forbid it to give its controllers to those below.
    for (const [above, below] of levels(unified, ownership.delegate)) {
      for (const controller of (readControl(above, "cgroup.controllers") ?? "").split(" ").filter(Boolean)) {
        tryWrite(above, "cgroup.subtree_control", `+${controller}`);
      }
      files().mkdirAll(below, 0o755);
    }
    if (ownership.owner !== undefined) give(place, ownership.owner);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "hand over the cgroup", path: place, errno: error.code });
  }
}

/** Each directory on the way down, with the one above it. */
function levels(top: string, delegate = ""): [above: string, below: string][] {
  let above = top;
  return delegate
    .split("/")
    .filter(Boolean)
    .map((part) => {
      const level: [string, string] = [above, `${above}/${part}`];
      [, above] = level;
      return level;
    });
}

function give(directory: string, [uid, gid]: readonly [uid: number, gid: number]): void {
  files().chown(directory, uid, gid);
  const told = readControl("/sys/kernel/cgroup", "delegate")?.split("\n");
  for (const file of told ?? DELEGATED) {
    try {
      files().chown(`${directory}/${file}`, uid, gid);
    } catch (error) {
      // A controller that is not there has no file.
      if (!isNativeError(error) || error.code !== "ENOENT") throw error;
    }
  }
}
