/**
 * config.json in, steps out. The order is the container's history: namespaces, mounts, devices, hooks, the
 * change of root, identity, the wait for `start`, the program. Pure: what it depends on is in the context.
 */
import { OcirtError } from "../errors.ts";
import { LONGEST_TIMEOUT } from "../hooks/timeout.ts";
import { KEEP_GROUPS, SECCOMP_FILTER, SECCOMP_STRICT, TIME_OFFSETS } from "../spec/annotations.ts";
import { pointerToken } from "../spec/pointer.ts";
import { sysctlNamespace } from "../spec/sysctl.ts";
import type { Hook, Process, Spec } from "../spec/types.ts";
import { chooseHandler } from "../wasm/dispatch.ts";
import type { WasmSettings } from "../wasm/request.ts";
import { settingsOf } from "../wasm/settings.ts";
import { INHERITED, type PlanContext } from "./context.ts";
import { planDevices } from "./devices.ts";
import { engineStep, helperStep, openModuleStep, programHead } from "./engine.ts";
import { MS, PROPAGATIONS } from "./mount-options.ts";
import { bringsOwnDev, cleanPath, planMounts } from "./mounts.ts";
import { type NamespacePlan, planNamespaces, refuseMountless } from "./namespaces.ts";
import {
  consoleSteps,
  executeStep,
  findSteps,
  identitySteps,
  labelSteps,
  openFilesSteps,
  privilegeSteps,
} from "./process.ts";
import { schedulingSteps } from "./scheduling.ts";
import { seccompFlags } from "./seccomp.ts";
import { PHASES, type Step } from "./steps.ts";
import { refuseUnsupportedAnnotations } from "./unsupported.ts";

export interface ContainerPlan {
  readonly namespaces: NamespacePlan;
  readonly steps: readonly Step[];
  /** Whether the last step is the Wasm engine. */
  readonly wasm: boolean;
  /** What its modules have in common. */
  readonly settings?: WasmSettings;
}

/** Plans a container. Throws an OcirtError that names the field for what can't be done. */
export function planContainer(spec: Spec, context: PlanContext): ContainerPlan {
  refuseUnsupportedAnnotations(spec);
  const namespaces = planNamespaces(spec);
  const process = processOf(spec, context);
  const handler = chooseHandler(spec, context.argv0, () => programHead(spec, context));
  const settings =
    handler.kind === "wasm" && spec.process !== undefined ? settingsOf(spec, handler) : undefined;
  const wasm = settings !== undefined;
  if (wasm && !namespaces.present.has("mount")) throw refuseMountless("the Wasm engine needs one");
  const mounts = planMounts(spec, context, namespaces.present.has("cgroup"));
  const startHooks = hookSteps(spec.hooks?.startContainer, "startContainer", context);
  const steps: Step[] = [
    ...namespaceSteps(spec, context, namespaces),
    ...mounts.steps,
    ...(bringsOwnDev(spec) ? [] : planDevices(spec)),
    ...consoleSteps(process, context.terminalSize, true),
    { kind: "directory", pointer: "/process/cwd", target: cleanPath(process.cwd), mode: 0o755 },
    // Until here init and the host work side by side; nothing of the container's own has run.
    ...(hostJoins(context, namespaces) ? [] : [{ kind: "awaitHost" } as const]),
    ...runtimeHooks(spec),
    ...hookSteps(spec.hooks?.createContainer, "createContainer", context),
    ...mounts.late,
    ...sysctlSteps(spec),
    ...protectionSteps(spec),
    ...labelSteps(process),
    ...rootSteps(spec, context, namespaces, wasm),
    ...schedulingSteps(spec),
    ...processSteps(process, spec, context, namespaces),
  ];
  if (spec.process === undefined) {
    steps.push(...waitSteps(context), { kind: "noProcess", pointer: "/process" });
  } else {
    steps.push(
      ...(wasm
        ? [...waitingHooks(startHooks), openModuleStep(process, settings, moduleContext(context))]
        : [...findSteps(process), ...waitSteps(context), ...startHooks]),
      ...privilegeSteps(process, filterStep(spec, context)),
      wasm ? engineStep(process, INHERITED.addon) : executeStep(process),
    );
  }
  return { namespaces, steps, wasm, ...(wasm ? { settings } : {}) };
}

const moduleContext = ({ openFiles }: PlanContext) => ({
  openFiles,
  exec: false,
  socket: INHERITED.startSocket,
});

/** Root of a user namespace may not write to the host's cgroups, and systemd moves whom it is told of. */
const hostJoins = (context: PlanContext, { present }: NamespacePlan): boolean =>
  context.hostJoins || present.has("user");

function cgroupSteps(context: PlanContext, namespaces: NamespacePlan): Step[] {
  const steps: Step[] = [];
  if (hostJoins(context, namespaces)) {
    steps.push({ kind: "awaitHost" });
  } else if (context.joinable.length > 0) {
    const files = context.joinable.map((directory) => `${directory}/tasks`);
    steps.push({ kind: "joinCgroups", pointer: "/linux/cgroupsPath", files });
  }
  if (namespaces.created.has("cgroup")) {
    steps.push({ kind: "cgroupNamespace", pointer: "/linux/namespaces" });
  }
  return steps;
}

/** `process` may be absent until `start` (config.md, Process), and nothing can be set between `create` and that. */
function processOf(spec: Spec, context: PlanContext): Process {
  if (spec.process !== undefined) return spec.process;
  if (context.waits) return { cwd: "/" };
  throw new OcirtError({
    action: "plan the container",
    pointer: "/process",
    reason: "there is no process to run",
  });
}

function namespaceSteps(spec: Spec, context: PlanContext, namespaces: NamespacePlan): Step[] {
  const { created, present, joins } = namespaces;
  const steps: Step[] = [];
  if (present.has("user")) steps.push({ kind: "becomeRoot", pointer: "/linux/uidMappings" });
  steps.push(...cgroupSteps(context, namespaces));
  steps.push({ kind: "session" });
  if (!context.noNewKeyring) steps.push({ kind: "sessionKeyring", name: `_ses.${context.id}` });
  if (created.has("time")) {
    steps.push({ kind: "timeNamespace", pointer: "/linux/timeOffsets", offsets: timeOffsets(spec) });
  }
  joins.forEach((join, index) => {
    // A process that shares its memory can't enter a time namespace: init does it by itself.
    if (join.type === "time")
      steps.push({ kind: "joinTime", pointer: join.pointer, fd: INHERITED.joined + index });
  });
  const detached = present.has("mount") ? 0 : 1;
  const asked = PROPAGATIONS[spec.linux?.rootfsPropagation ?? ""] ?? MS.SLAVE;
  // An unbindable mount can't be copied, and the rootfs is a copy: it becomes so at the end.
  const propagation = asked & MS.UNBINDABLE ? MS.SLAVE : asked;
  if (!detached) {
    const flags = propagation | MS.REC;
    steps.push({ kind: "hostPropagation", pointer: "/linux/rootfsPropagation", flags });
  }
  steps.push({
    kind: "rootfs",
    pointer: "/root/path",
    path: context.rootfs,
    isolate: propagation & MS.SHARED ? 1 : 0,
    detached,
  });
  if (spec.hostname) steps.push({ kind: "hostname", pointer: "/hostname", name: spec.hostname });
  if (spec.domainname) steps.push({ kind: "domainname", pointer: "/domainname", name: spec.domainname });
  if (created.has("network")) steps.push({ kind: "loopback" });
  return steps;
}

/** The lines of /proc/PID/timens_offsets (time_namespaces(7)). */
function timeOffsets(spec: Spec): string {
  const offsets = Object.entries(spec.linux?.timeOffsets ?? {});
  if (offsets.length === 0) return spec.annotations?.[TIME_OFFSETS] ?? "";
  return offsets.map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`).join("");
}

function runtimeHooks(spec: Spec): Step[] {
  const { prestart = [], createRuntime = [] } = spec.hooks ?? {};
  if (prestart.length + createRuntime.length === 0) return [];
  return [{ kind: "notify", pointer: "/hooks", phase: PHASES.runtimeHooks }];
}

function hookSteps(
  hooks: readonly Hook[] = [],
  kind: "createContainer" | "startContainer",
  context: PlanContext,
): Step[] {
  return hooks.map((hook, index) => ({
    kind: "hook",
    pointer: `/hooks/${kind}/${index}`,
    path: hook.path,
    args: hook.args?.length ? hook.args : [hook.path],
    env: hook.env ?? context.callerEnv,
    timeout: Math.min(hook.timeout ?? 0, LONGEST_TIMEOUT),
    cwd: kind === "createContainer" ? context.bundle : "/",
    out: INHERITED.hookOut,
    err: INHERITED.hookErr,
    ...context.hookState(kind === "createContainer" ? "creating" : "created"),
  }));
}

/** The Wasm engine waits for `start` by itself, but hooks have to run before it goes on. */
function waitingHooks(hooks: readonly Step[]): Step[] {
  if (hooks.length === 0) return [];
  const pointer = "/hooks/startContainer";
  return [{ kind: "startHooks", pointer, socket: INHERITED.startSocket, count: hooks.length }, ...hooks];
}

function sysctlSteps(spec: Spec): Step[] {
  return Object.entries(spec.linux?.sysctl ?? {}).map(([key, value]) => ({
    kind: "sysctl",
    pointer: `/linux/sysctl/${pointerToken(key)}`,
    file: `/proc/sys/${sysctlNamespace(key).file}`,
    value,
  }));
}

function protectionSteps(spec: Spec): Step[] {
  const steps: Step[] = [];
  spec.linux?.readonlyPaths?.forEach((path, index) => {
    steps.push({ kind: "readonlyPath", pointer: `/linux/readonlyPaths/${index}`, path });
  });
  new Set(spec.linux?.maskedPaths ?? []).forEach((path) => {
    const index = spec.linux?.maskedPaths?.indexOf(path);
    steps.push({ kind: "maskPath", pointer: `/linux/maskedPaths/${index}`, path });
  });
  if (spec.root?.readonly) steps.push({ kind: "rootReadonly", pointer: "/root/readonly" });
  return steps;
}

function rootSteps(spec: Spec, context: PlanContext, { present }: NamespacePlan, wasm: boolean): Step[] {
  // Under the Wasm engine the root changes only when it is loaded.
  if (wasm) return [helperStep(context)];
  const steps: Step[] = [context.noPivot ? { kind: "moveRoot" } : { kind: "pivotRoot" }];
  const flags = PROPAGATIONS[spec.linux?.rootfsPropagation ?? ""];
  const changes = flags !== undefined && (flags & (MS.SHARED | MS.UNBINDABLE)) !== 0;
  if (!present.has("mount")) {
    if (changes) throw refuseMountless("linux.rootfsPropagation is of one");
    return [{ kind: "changeRoot" }];
  }
  if (changes) {
    steps.push({ kind: "rootPropagation", pointer: "/linux/rootfsPropagation", flags });
  }
  return steps;
}

function processSteps(
  process: Process,
  spec: Spec,
  context: PlanContext,
  { present }: NamespacePlan,
): Step[] {
  const keeps = spec.annotations?.[KEEP_GROUPS] === "1";
  const groups = !keeps && (!present.has("user") || mapsGroups(spec));
  return [
    { kind: "closeFrom", fd: 3 + context.preserveFds },
    ...openFilesSteps(process, context.openFiles),
    ...identitySteps(process, context.warn, groups),
  ];
}

/** A user namespace with one mapped gid has setgroups(2) denied (user_namespaces(7)). */
function mapsGroups(spec: Spec): boolean {
  const mappings = spec.linux?.gidMappings ?? [];
  return mappings.length !== 1 || mappings[0]?.size !== 1;
}

function filterStep(spec: Spec, context: PlanContext): Step | undefined {
  const seccomp = spec.linux?.seccomp;
  const ready = spec.annotations?.[SECCOMP_FILTER];
  if (ready) {
    const { decodeFilter } = require("./seccomp-data.ts") as typeof import("./seccomp-data.ts");
    const flags = seccompFlags(seccomp ?? { defaultAction: "SCMP_ACT_ALLOW" });
    return { kind: "seccomp", pointer: `/annotations/${SECCOMP_FILTER}`, filter: decodeFilter(ready), flags };
  }
  if (seccomp === undefined) return undefined;
  const strict = (spec.annotations?.[SECCOMP_STRICT] ?? "0") !== "0";
  const { bpf, flags } = context.compileSeccomp(seccomp, strict);
  return bpf.length === 0 ? undefined : { kind: "seccomp", pointer: "/linux/seccomp", filter: bpf, flags };
}

function waitSteps(context: PlanContext): Step[] {
  return context.waits ? [{ kind: "ready" }, { kind: "awaitStart", socket: INHERITED.startSocket }] : [];
}
