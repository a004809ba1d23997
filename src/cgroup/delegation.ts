/** The hierarchies in which an ordinary user may make cgroups: delegated ones. */
import { files } from "../native/index.ts";
import type { CgroupPlan, HierarchyPlan } from "./plan.ts";

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

/** The nearest directory upward that is there. */
function existing(path: string): string {
  return path === "" || files().stat(path, true) !== undefined ? path : existing(parentOf(path));
}

export interface Delegated {
  /** With the hierarchies only that can be used. */
  readonly plan: CgroupPlan;
  /** Those that are left out; their directory is the one that the container's would have been made in. */
  readonly others: readonly HierarchyPlan[];
}

/** A hierarchy stays out only where the plan allows it and no limit needs it. */
export function delegated(plan: CgroupPlan): Delegated {
  if (!plan.optional) return { plan, others: [] };
  const others: HierarchyPlan[] = [];
  const hierarchies = plan.hierarchies.filter((hierarchy) => {
    const directory = existing(parentOf(hierarchy.directory));
    if (hierarchy.writes.length > 0 || files().mayWrite(directory)) return true;
    others.push({ ...hierarchy, directory });
    return false;
  });
  const usable = new Set(hierarchies.flatMap(({ controllers }) => controllers));
  const paths = Object.fromEntries(Object.entries(plan.paths).filter(([name]) => usable.has(name)));
  return { plan: { ...plan, hierarchies, paths }, others };
}
