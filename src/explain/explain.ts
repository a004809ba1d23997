/** What `create` would do, in its order, from the plans that it would carry out. Pure but for the host's answers. */

import { RESOURCES } from "../cgroup/limits.ts";
import type { CgroupPlan } from "../cgroup/plan.ts";
import { stepText } from "../plan/describe.ts";
import type { ContainerPlan } from "../plan/index.ts";
import { type Join, NAMESPACES } from "../plan/namespaces.ts";
import { pointerToken } from "../spec/pointer.ts";
import type { Hook, IdMapping, NamespaceType, Spec } from "../spec/types.ts";
import { checkOomScore, checkStep } from "./checks.ts";
import type { Host, Item, Obstacle, Stage } from "./item.ts";

export interface Planned {
  readonly spec: Spec;
  readonly plan: ContainerPlan;
  readonly cgroup: CgroupPlan;
  /** The files that are written to keep the container: its configuration's, its record's. */
  readonly config: string;
  readonly record: string;
}

function item(stage: Stage, what: string, pointer?: string, obstacle?: Obstacle): Item {
  return {
    stage,
    what,
    ...(pointer === undefined ? {} : { pointer }),
    status: obstacle === undefined ? "ok" : obstacle.mild ? "warning" : "failure",
    ...(obstacle === undefined ? {} : { problem: obstacle.problem }),
    ...(obstacle?.remedy === undefined ? {} : { remedy: obstacle.remedy }),
  };
}

export function explain({ spec, plan, cgroup, config, record }: Planned, host: Host): Item[] {
  return [
    item("configuration", `read and check ${config}`),
    item("state", `write the record ${record}`),
    ...cgroupItems(cgroup),
    ...namespaceItems(plan, host),
    ...mappingItems(spec, plan),
    ...hostSettings(spec, host),
    ...hookItems(spec, host),
    ...plan.steps.map((step) => item("container", stepText(step), step.pointer, checkStep(step, host))),
    ...lateHooks(spec, host),
  ];
}

/** A failure of what comes before any plan. */
export function refused(config: string, message: string): Item[] {
  return [item("configuration", `read, check and plan ${config}`, undefined, { problem: message })];
}

function cgroupItems({ hierarchies, scope, kind }: CgroupPlan): Item[] {
  if (kind === "disabled") return [item("cgroup", "leave the caller's cgroup as it is")];
  const unit =
    scope === undefined
      ? []
      : [item("cgroup", `have systemd start the unit ${scope.unit}`, "/linux/cgroupsPath")];
  return [
    ...unit,
    ...hierarchies.flatMap(({ directory, writes, devices }) => [
      item("cgroup", `make the cgroup ${directory}`, "/linux/cgroupsPath"),
      ...writes.map(({ file, value, pointer }) =>
        item("cgroup", `write ${value} to ${directory}/${file}`, pointer),
      ),
      ...(devices === undefined
        ? []
        : [item("cgroup", `filter devices in ${directory}`, `${RESOURCES}/devices`)]),
    ]),
  ];
}

function namespaceItems({ namespaces }: ContainerPlan, host: Host): Item[] {
  const created = [...namespaces.created].map((type) =>
    item("namespaces", `make a ${type} namespace`, "/linux/namespaces", unsupported(type, host)),
  );
  return [...created, ...namespaces.joins.map((join) => joined(join, host))];
}

function unsupported(type: NamespaceType, host: Host): Obstacle | undefined {
  if (!host.namespaces.has(NAMESPACES[type].proc)) return { problem: `the kernel has no ${type} namespaces` };
  if (type !== "user" || host.userNamespace === "") return undefined;
  return { problem: `the caller can't make one: ${host.userNamespace}`, remedy: "`ocirt doctor` says why" };
}

function joined({ type, path, pointer }: Join, { kindOf }: Host): Item {
  const obstacle = kindOf(path) === undefined ? { problem: `\`${path}\` is not there` } : undefined;
  return item("namespaces", `join the ${type} namespace ${path}`, pointer, obstacle);
}

function mappingItems({ linux }: Spec, { namespaces }: ContainerPlan): Item[] {
  if (!namespaces.created.has("user")) return [];
  const text = (mappings: readonly IdMapping[] = []) =>
    mappings.map(({ containerID, hostID, size }) => `${containerID} from ${hostID} (${size})`).join(", ");
  return [
    item("namespaces", `map the user ids ${text(linux?.uidMappings)}`, "/linux/uidMappings"),
    item("namespaces", `map the group ids ${text(linux?.gidMappings)}`, "/linux/gidMappings"),
  ];
}

/** What the host sets of init while it waits. */
function hostSettings({ process, linux }: Spec, host: Host): Item[] {
  const items: Item[] = [];
  const score = process?.oomScoreAdj;
  if (score !== undefined) {
    const obstacle = checkOomScore(score, host);
    items.push(item("namespaces", `set oom_score_adj to ${score}`, "/process/oomScoreAdj", obstacle));
  }
  for (const name of Object.keys(linux?.netDevices ?? {})) {
    const gone = host.kindOf(`/sys/class/net/${name}`) === undefined;
    const obstacle = gone ? { problem: `there is no network device \`${name}\`` } : undefined;
    items.push(
      item(
        "namespaces",
        `move the network device ${name}`,
        `/linux/netDevices/${pointerToken(name)}`,
        obstacle,
      ),
    );
  }
  if (linux?.intelRdt !== undefined)
    items.push(item("cgroup", "enter the class of resctrl", "/linux/intelRdt"));
  return items;
}

/** The hooks that the host runs; those of the container are steps of the plan. */
const EARLY = ["prestart", "createRuntime"] as const;
const LATE = ["poststart", "poststop"] as const;

const hookItems = (spec: Spec, host: Host) => EARLY.flatMap((kind) => hooks(kind, spec, host));
const lateHooks = (spec: Spec, host: Host) => LATE.flatMap((kind) => hooks(kind, spec, host));

function hooks(kind: (typeof EARLY | typeof LATE)[number], { hooks }: Spec, host: Host): Item[] {
  return (hooks?.[kind] ?? []).map((hook: Hook, index) =>
    item("hooks", `run the ${kind} hook ${hook.path}`, `/hooks/${kind}/${index}`, hookProblem(hook, host)),
  );
}

function hookProblem({ path }: Hook, host: Host): Obstacle | undefined {
  if (host.kindOf(path) === undefined)
    return { problem: `\`${path}\` is not there`, remedy: "install the hook" };
  return host.mayExecute(path)
    ? undefined
    : { problem: `\`${path}\` can't be executed`, remedy: `chmod +x ${path}` };
}
