/** `update` of a container whose cgroup is a unit: systemd writes what it knows again whenever it reloads. */
import type { Resources } from "../../spec/types.ts";
import type { CgroupPaths } from "../plan.ts";
import { withQuota } from "../quota.ts";
import { type Scope, setUnitProperties } from "./bus.ts";
import { resourceProperties } from "./properties.ts";

const UNIFIED = "";

/** Throws an OcirtError where systemd refuses. */
export function updateUnit(scope: Scope, paths: CgroupPaths, resources: Resources): void {
  const version = Object.keys(paths).length === 1 && paths[UNIFIED] !== undefined ? 2 : 1;
  setUnitProperties(scope, resourceProperties(withQuota(resources, paths, version), version));
}
