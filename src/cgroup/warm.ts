/** Makes the move of a process into cgroups of v1 cheap, by doing something harmless like it early. */
import { native } from "../native/index.ts";
import type { CgroupMode } from "./mode.ts";
import { ownDirectory } from "./path.ts";

interface CgroupNative {
  /** Writes 0 to the file, in a thread of its own; tells nothing. */
  cgroupTouch(procs: string): void;
}

/** The hierarchies in which it matters least where a runtime is. */
const HARMLESS = ["perf_event", "net_prio", "net_cls", "freezer", "blkio"];

/**
 * Lets the kernel's wait begin while the container's process is started and mounts. To be called right after
 * createCgroup, not before: until the wait is over nobody can make a cgroup either. The first move of a process
 * waits for an RCU grace period of all CPUs, 3 to 15 ms; moves soon after it don't. On cgroup v2, where
 * clone3(2) starts the process in its cgroup, nothing is done.
 */
export function warmCgroups(mode: CgroupMode): void {
  const harmless = HARMLESS.map((name) => mode.hierarchies.find((one) => one.controllers.includes(name)));
  const hierarchy = harmless.find((one) => one !== undefined);
  const directory = hierarchy === undefined ? undefined : ownDirectory(hierarchy, mode.own);
  if (directory !== undefined) native<CgroupNative>().cgroupTouch(`${directory}/cgroup.procs`);
}
