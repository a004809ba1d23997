/** The cgroupfs driver: everything that the lifecycle of a container asks of its cgroups. */
export { createCgroup, enterSubgroup, joinCgroup } from "./create.ts";
export { delegated } from "./delegation.ts";
export { destroyCgroup } from "./destroy.ts";
export { type CgroupMode, detectCgroupMode } from "./mode.ts";
export { birthplace, handOver } from "./ownership.ts";
export {
  type CgroupManager,
  type CgroupOptions,
  type CgroupPaths,
  type CgroupPlan,
  cgroupDirForClone,
  cgroupDirsToJoin,
  type HierarchyPlan,
  planCgroup,
} from "./plan.ts";
export { cgroupPids, freeze, isFrozen, killCgroup, thaw } from "./processes.ts";
export { updateCgroup } from "./update.ts";
