/** What `exec` finds of a Wasm container's memory. Pure. */
import { OcirtError } from "../errors.ts";
import { ENGINE_MEMORY, ENGINE_VIEW } from "./options.ts";

/** Of memory.stat, with the names of either version of cgroups: what the kernel takes back where it is needed. */
const CACHE = {
  v1: ["total_active_file", "total_inactive_file"],
  v2: ["active_file", "inactive_file"],
} as const;

function cached(stat: string, version: "v1" | "v2"): number {
  let sum = 0;
  for (const line of stat.split("\n")) {
    const [name = "", bytes] = line.split(" ");
    if ((CACHE[version] as readonly string[]).includes(name)) sum += Number(bytes);
  }
  return sum;
}

/**
 * Bytes to which the memory of one more module may grow. `most`: of the container's only one. `usage`, `stat`: the
 * cgroup's files. Throws an OcirtError where the engine itself would be, or make another, the end of a process.
 */
export function memoryLeft(most: number, usage: string, stat: string, version: "v1" | "v2"): number {
  const used = Math.max(0, Number(usage) - cached(stat, version));
  const left = most + ENGINE_MEMORY - used;
  if (left < ENGINE_MEMORY) {
    throw new OcirtError({
      action: "exec in the container",
      reason: `of its limit ${Math.max(0, left)} bytes of memory are left, too few for another Wasm engine`,
      hint: `it needs ${ENGINE_MEMORY}`,
    });
  }
  return Math.max(0, left - ENGINE_MEMORY - ENGINE_VIEW);
}
