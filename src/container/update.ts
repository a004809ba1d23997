/** `update`: other limits for a container that is there. Its record has none, so that none can be stale. */
import { updateCgroup } from "../cgroup/update.ts";
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import type { Resources } from "../spec/types.ts";
import { withLock } from "./lock.ts";
import type { GlobalOptions } from "./options.ts";
import { statusOf } from "./status.ts";
import { type ContainerRecord, directoryOf, readRecord } from "./store.ts";

/** `schemata`: lines for the container's class of resctrl. A promise where another command had to be waited for. */
export function updateContainer(
  { root }: GlobalOptions,
  id: string,
  resources: Resources,
  schemata: readonly string[] = [],
): void | Promise<void> {
  return withLock(directoryOf(root, id), id, () => {
    const record = readRecord(root, id);
    if (statusOf(root, record) === "stopped")
      throw new OcirtError({ action: "update the container", path: id, reason: "container not running" });
    if (schemata.length > 0) {
      const { updateSchemata } = require("../cgroup/resctrl.ts") as typeof import("../cgroup/resctrl.ts");
      updateSchemata(record.resctrl ?? [], schemata);
      if (Object.keys(resources).length === 0) return;
    }
    if (Object.keys(record.cgroups).length === 0)
      throw new OcirtError({ action: "update the container", path: id, reason: "it has no cgroup" });
    try {
      updateLimits(record, resources);
    } catch (error) {
      throw error instanceof OcirtError ? new OcirtError({ ...error.facts, document: "resources" }) : error;
    }
  });
}

function updateLimits({ cgroups, scope }: ContainerRecord, resources: Resources): void {
  updateCgroup(cgroups, resources, logWarning);
  if (scope === undefined) return;
  const { updateUnit } =
    require("../cgroup/systemd/update.ts") as typeof import("../cgroup/systemd/update.ts");
  updateUnit(scope, cgroups, resources);
  // systemd has written its own rounding of them.
  updateCgroup(cgroups, resources, logWarning);
}
