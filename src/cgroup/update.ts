/** Changes the limits of a container that is there. Devices are never changed, as in runc. */
import type { Resources } from "../spec/types.ts";
import { isSet, type LimitWrite, refuseLimit } from "./limits.ts";
import { limitsV1 } from "./limits-v1.ts";
import { limitsV2 } from "./limits-v2.ts";
import { type CgroupPaths, unavailable } from "./plan.ts";
import { readControl, writeLimits } from "./write.ts";

/** `memory.checkBeforeUpdate`: cgroup v2 would kill what is above a new limit, v1 refuses by itself. */
function checkUsage(resources: Resources, directory: string): void {
  const { limit, swap, checkBeforeUpdate } = resources.memory ?? {};
  if (checkBeforeUpdate !== true) return;
  const usage = Number(readControl(directory, "memory.current") ?? 0);
  if (isSet(swap) && Number(swap) > 0 && Number(swap) <= usage) {
    throw refuseLimit("/memory/swap", `rejecting memory+swap limit ${swap} <= usage ${usage}`);
  }
  if (isSet(limit) && Number(limit) > 0 && Number(limit) <= usage) {
    throw refuseLimit("/memory/limit", `rejecting memory limit ${limit} <= usage ${usage}`);
  }
}

function updateV2(directory: string, resources: Resources): void {
  const writes = limitsV2(resources, "");
  const available = new Set((readControl(directory, "cgroup.controllers") ?? "").split(" "));
  for (const { controller, pointer } of writes) {
    if (controller !== "cgroup" && !available.has(controller))
      throw unavailable(controller, directory, pointer);
  }
  checkUsage(resources, directory);
  writeLimits(directory, writes);
}

/** Applies the resources; JSON pointers of errors start at the resources. Throws OcirtError. */
export function updateCgroup(paths: CgroupPaths, resources: Resources): void {
  const unified = Object.keys(paths).length === 1 ? paths[""] : undefined;
  if (unified === undefined) updateV1(paths, resources);
  else updateV2(unified, resources);
}

function updateV1(paths: CgroupPaths, resources: Resources): void {
  const groups = new Map<string, LimitWrite[]>();
  for (const write of limitsV1(resources, "")) {
    const directory = paths[write.controller];
    if (directory === undefined) throw unavailable(write.controller, "/sys/fs/cgroup", write.pointer);
    const group = groups.get(directory);
    if (group === undefined) groups.set(directory, [write]);
    else group.push(write);
  }
  for (const [directory, writes] of groups) writeLimits(directory, writes);
}
