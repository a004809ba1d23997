/** Changes the limits of a container that is there. Devices are never changed, as in runc. */
import type { Resources } from "../spec/types.ts";
import { isSet, type LimitWrite, refuseLimit } from "./limits.ts";
import { limitsV1 } from "./limits-v1.ts";
import { limitsV2 } from "./limits-v2.ts";
import { type CgroupPaths, unavailable } from "./plan.ts";
import { withQuota } from "./quota.ts";
import { restoringValue } from "./restore.ts";
import { readControl, tryWrite, writeLimits } from "./write.ts";

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

/** The writes for one directory. */
interface Group {
  readonly directory: string;
  readonly writes: readonly LimitWrite[];
}

function groupsV2(directory: string, resources: Resources): Group[] {
  const writes = limitsV2(withQuota(resources, { "": directory }, 2), "");
  const available = new Set((readControl(directory, "cgroup.controllers") ?? "").split(" "));
  for (const { controller, pointer } of writes) {
    if (controller !== "cgroup" && !available.has(controller))
      throw unavailable(controller, directory, pointer);
  }
  checkUsage(resources, directory);
  return [{ directory, writes }];
}

function groupsV1(paths: CgroupPaths, resources: Resources): Group[] {
  const groups = new Map<string, LimitWrite[]>();
  for (const write of limitsV1(resources, "")) {
    const directory = paths[write.controller];
    if (directory === undefined) throw unavailable(write.controller, "/sys/fs/cgroup", write.pointer);
    const group = groups.get(directory);
    if (group === undefined) groups.set(directory, [write]);
    else group.push(write);
  }
  return [...groups].map(([directory, writes]) => ({ directory, writes }));
}

/**
 * Applies the resources; JSON pointers of errors start at the resources. Throws OcirtError, and sets back what was
 * written before the failure as far as the kernel lets it; `warn` gets told what it doesn't.
 */
export function updateCgroup(
  paths: CgroupPaths,
  resources: Resources,
  warn: (text: string) => void = () => {},
): void {
  const unified = Object.keys(paths).length === 1 ? paths[""] : undefined;
  const groups = unified === undefined ? groupsV1(paths, resources) : groupsV2(unified, resources);
  const before = groups.flatMap(contents);
  try {
    for (const { directory, writes } of groups) writeLimits(directory, writes);
  } catch (error) {
    for (const file of restore(before)) warn(`the limit in \`${file}\` could not be set back`);
    throw error;
  }
}

interface Content {
  readonly directory: string;
  readonly file: string;
  readonly written: string;
  readonly before: string;
}

/** What the files hold that will be written. */
function contents({ directory, writes }: Group): Content[] {
  return writes
    .flatMap(({ file, value, fallback }) => [{ file, value }, ...(fallback === undefined ? [] : [fallback])])
    .flatMap(({ file, value }) => {
      const before = readControl(directory, file);
      return before === undefined ? [] : [{ directory, file, written: value, before }];
    });
}

/** Writes back what has changed, last first; the paths of those that the kernel refused. */
function restore(before: readonly Content[]): string[] {
  let left = [...before].reverse();
  // What depends on another limit (memory+swap, quota and period) is taken after that one.
  for (let round = 0; round < 2; round++) left = left.filter((content) => !setBack(content));
  return left.map(({ directory, file }) => `${directory}/${file}`);
}

function setBack({ directory, file, written, before }: Content): boolean {
  if (readControl(directory, file) === before) return true;
  const value = restoringValue(file, written, before);
  return value !== undefined && tryWrite(directory, file, value) === undefined;
}
