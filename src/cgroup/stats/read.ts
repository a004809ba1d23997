/** Statistics of a container out of its cgroups, whichever hierarchy has each controller. */
import { files, isNativeError } from "../../native/index.ts";
import type { CgroupPaths } from "../plan.ts";
import { readControl } from "../write.ts";
import { number } from "./parse.ts";
import { type Stats, some } from "./types.ts";
import { blkioV1, cpusetV1, cpuV1, hugetlbV1, memoryV1, type Read } from "./v1.ts";
import { blkioV2, CPUSET_V2, cpuV2, hugetlbV2, memoryV2, pidsLimit } from "./v2.ts";

const UNIFIED = "";
const NOTHING: Read = () => undefined;

export function readStats(paths: CgroupPaths): Stats {
  /** The controller's files on v1; undefined where it is not there. */
  const v1 = (controller: string): Read | undefined => {
    const directory = paths[controller];
    return directory === undefined ? undefined : (file) => readControl(directory, file);
  };
  const unified = v1(UNIFIED) ?? NOTHING;
  const [cpu, memory, blkio, cpuset, hugetlb] = ["cpu", "memory", "blkio", "cpuset", "hugetlb"].map(v1);
  const accounting = v1("cpuacct");
  const pids = v1("pids") ?? unified;
  return {
    cpu:
      cpu === undefined && accounting === undefined
        ? cpuV2(unified)
        : cpuV1(cpu ?? NOTHING, accounting ?? NOTHING),
    cpuset: cpuset === undefined ? CPUSET_V2 : cpusetV1(cpuset),
    memory: memory === undefined ? memoryV2(unified) : memoryV1(memory),
    pids: { current: some(number(pids("pids.current"))), limit: pidsLimit(pids) },
    blkio: blkio === undefined ? blkioV2(unified) : blkioV1(blkio),
    hugetlb:
      hugetlb === undefined
        ? hugetlbV2(unified, pageSizes(paths[UNIFIED], ".current"))
        : hugetlbV1(hugetlb, pageSizes(paths.hugetlb, ".usage_in_bytes")),
    intel_rdt: {},
    network_interfaces: null,
  };
}

/** The sizes of pages that the directory has files of. */
function pageSizes(directory: string | undefined, suffix: string): string[] {
  if (directory === undefined) return [];
  let names: string[];
  try {
    names = files().readdir(directory);
  } catch (error) {
    if (isNativeError(error)) return [];
    throw error;
  }
  return names.flatMap((name) => {
    const size = /^hugetlb\.([^.]+)\./.exec(name)?.[1];
    return size !== undefined && name === `hugetlb.${size}${suffix}` ? [size] : [];
  });
}
