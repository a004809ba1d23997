/** The cgroups with each limit, from the plan that `create` carries out. Pure. */
import type { LimitWrite } from "../cgroup/limits.ts";
import type { CgroupPlan, HierarchyPlan } from "../cgroup/plan.ts";
import { hostStep } from "./host-steps.ts";
import { type Explained, type ExplainFacts, fails, type Judged, OK, type Verdict, warns } from "./types.ts";

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

/** The nearest directory upward that is there. */
function existing(path: string, facts: ExplainFacts): string {
  return path === "" || facts.find(path) === "" ? path : existing(parentOf(path), facts);
}

export function cgroupSteps({ kind, hierarchies, scope, optional }: CgroupPlan, judged: Judged): Explained[] {
  if (kind === "disabled") {
    return [
      hostStep(
        "cgroup",
        "make no cgroup",
        undefined,
        warns("--cgroup-manager=disabled: no limit is in force"),
      ),
    ];
  }
  if (hierarchies.length === 0) {
    const reason = "no cgroup is delegated to this user: the container stays in the caller's, without limits";
    return [
      hostStep("cgroup", "make no cgroup", undefined, warns(reason, "log in by systemd, or run it as root")),
    ];
  }
  const steps: Explained[] = [];
  if (scope !== undefined) {
    const { problem, runs } = judged.facts.host.systemd;
    const verdict =
      runs && problem === undefined ? OK : fails(problem ?? "systemd does not run", "use cgroupfs");
    const fields = Object.fromEntries(scope.properties.map(([name, , value]) => [name, printable(value)]));
    const step = hostStep("scope", `let systemd start the unit ${scope.unit}`, "/linux/cgroupsPath", verdict);
    steps.push({ ...step, fields });
  }
  for (const hierarchy of hierarchies) {
    // A unit's cgroup is systemd's to make.
    steps.push(...hierarchySteps(hierarchy, scope !== undefined, optional, judged.facts));
  }
  return steps;
}

const printable = (value: unknown): unknown =>
  typeof value === "bigint" ? `${value}` : Array.isArray(value) ? value.map(printable) : value;

function hierarchySteps(
  plan: HierarchyPlan,
  made: boolean,
  optional: boolean,
  facts: ExplainFacts,
): Explained[] {
  const { directory, controllers, devices, program } = plan;
  const above = existing(directory, facts);
  const name = controllers[0] === "" ? "unified" : controllers.join(",");
  const verdict =
    made || facts.mayWrite(above)
      ? OK
      : fails(
          `${above} can't be written`,
          optional
            ? "let it be delegated to the user, or set no limits"
            : "`ocirt doctor` says what is missing",
        );
  const steps = [hostStep("cgroup", `make the ${name} cgroup ${directory}`, "/linux/cgroupsPath", verdict)];
  for (const write of plan.writes) {
    const { file, value, pointer } = write;
    const step = hostStep(
      "limit",
      `write ${value} to ${directory}/${file}`,
      pointer,
      judgeLimit(plan, write, above, facts),
    );
    steps.push({ ...step, fields: { file: `${directory}/${file}`, value } });
  }
  if (devices !== undefined && program !== undefined) {
    const { deviceProgram } = facts.host.cgroup;
    const refused =
      deviceProgram === ""
        ? OK
        : fails(`the kernel refuses the program: ${deviceProgram}`, "`ocirt doctor` says what it takes");
    const what = `filter devices by a BPF program of ${program.length / 8} instructions`;
    steps.push(hostStep("devices", what, "/linux/resources/devices", refused));
  }
  return steps;
}

/** The control files that a cgroup which is not the top has, as far as one is there to look at. */
function controlFiles({ mountPoint }: HierarchyPlan, above: string, facts: ExplainFacts): readonly string[] {
  if (above !== mountPoint) return facts.list(above);
  const child = facts
    .list(mountPoint)
    .find((name) => facts.find(`${mountPoint}/${name}/cgroup.procs`) === "");
  return child === undefined ? [] : facts.list(`${mountPoint}/${child}`);
}

function judgeLimit(plan: HierarchyPlan, write: LimitWrite, above: string, facts: ExplainFacts): Verdict {
  const { controller, file, fallback, optional } = write;
  if (plan.controllers[0] === "") {
    // Root's runtime enables on the way down what the top has; an ordinary user has what was delegated.
    const giver = facts.host.rootless ? above : plan.mountPoint;
    const there = facts.text(`${giver}/cgroup.controllers`)?.split(" ") ?? [];
    if (!["", "cgroup", "devices", ...there].includes(controller)) {
      const remedy = `let ${giver} have it: cgroup.subtree_control of the cgroups above`;
      return fails(`the controller ${controller} is not there`, remedy);
    }
    return OK;
  }
  const there = controlFiles(plan, above, facts);
  if (optional || there.length === 0 || there.includes(file) || (fallback && there.includes(fallback.file)))
    return OK;
  return fails(`the kernel has no file ${file}`, "take the limit out, or use a kernel that has it");
}
