/**
 * What to write to a control file so that it holds again what it held before a write. Most files take what they
 * show; the others are here. Pure.
 */

/** Files that hold a line for each key, and what takes a key's line away; undefined: nothing does. */
const KEYED: Readonly<Record<string, (key: string) => string | undefined>> = {
  "io.max": (key) => `${key} rbps=max wbps=max riops=max wiops=max`,
  "io.weight": (key) => `${key} default`,
  "io.bfq.weight": (key) => `${key} default`,
  "blkio.weight_device": (key) => `${key} 0`,
  "blkio.bfq.weight_device": (key) => `${key} default`,
  "blkio.leaf_weight_device": (key) => `${key} 0`,
  "blkio.throttle.read_bps_device": (key) => `${key} 0`,
  "blkio.throttle.write_bps_device": (key) => `${key} 0`,
  "blkio.throttle.read_iops_device": (key) => `${key} 0`,
  "blkio.throttle.write_iops_device": (key) => `${key} 0`,
  "net_prio.ifpriomap": (key) => `${key} 0`,
  "rdma.max": (key) => `${key} hca_handle=max hca_object=max`,
};

/**
 * @param written what was written since
 * @param before the file's content before that
 * @returns undefined where nothing can be written for it
 */
export function restoringValue(file: string, written: string, before: string): string | undefined {
  // "oom_kill_disable 0" and statistics after it.
  if (file === "memory.oom_control") return /^oom_kill_disable (\d)/.exec(before)?.[1];
  const reset = KEYED[file];
  const [key = "", value] = written.split(" ");
  const lines = before.split("\n");
  if (reset !== undefined && value !== undefined)
    return lines.find((line) => line.startsWith(`${key} `)) ?? reset(key);
  // The cgroup's own weight stands among those for devices.
  if (file.endsWith("weight")) return lines.find((line) => line.startsWith("default "))?.slice(8) ?? lines[0];
  // A cpuset without CPUs can't have processes on v1; on v2 the empty line means the parent's.
  return before === "" ? "\n" : before;
}
