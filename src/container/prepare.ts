/** Everything about a container that is decided before it exists. Touches nothing. */
import {
  type CgroupPlan,
  cgroupDirsToJoin,
  delegated,
  detectCgroupMode,
  type HierarchyPlan,
  planCgroup,
} from "../cgroup/driver.ts";
import type { CgroupMode } from "../cgroup/mode.ts";
import type { CgroupOptions } from "../cgroup/plan.ts";
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { clock } from "../native/clock.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { compileSeccomp } from "../native/seccomp.ts";
import { needSecondHalf } from "../native/second-half.ts";
import { inUserNamespace } from "../native/user-namespace.ts";
import type { CgroupView, PlanContext } from "../plan/context.ts";
import { subjectOf } from "../plan/describe.ts";
import { type ContainerPlan, planContainer } from "../plan/index.ts";
import type { IntelRdtPlan } from "../plan/intel-rdt.ts";
import { seccompAgentOf } from "../plan/seccomp.ts";
import { FLAG_NEW_LISTENER } from "../plan/seccomp-tables.ts";
import type { Step } from "../plan/steps.ts";
import { loadSpec } from "../spec/load.ts";
import type { Spec } from "../spec/types.ts";
import { SNIFF_LENGTH } from "../wasm/sniff.ts";
import { checkId } from "./id.ts";
import { listenDescriptors, withListenVariables } from "./listen-fds.ts";
import type { CreateOptions, GlobalOptions } from "./options.ts";
import type { ContainerRecord } from "./store.ts";

export interface Prepared {
  /** The configuration as it is in the bundle, and with the variables of socket activation. */
  readonly config: Spec;
  readonly spec: Spec;
  readonly plan: ContainerPlan;
  readonly cgroup: CgroupPlan;
  /** Its groups of resctrl, and where that is mounted. */
  readonly resctrl?: { readonly root: string; readonly plan: IntelRdtPlan };
  /** Descriptors from 3 on that are the container's: how many numbers, and which of them are open. */
  readonly preserved: { readonly count: number; readonly open: readonly number[] };
  /** The record as it is before the container's first process. */
  readonly record: ContainerRecord;
  /** The caller's service manager, which waits for a word that the service is ready. */
  readonly notify?: string;
  /** When this was begun, by the clock of src/native/clock.ts. */
  readonly began: number;
}

/** Few callers have a service manager. */
export const notifying = () => require("./notify.ts") as typeof import("./notify.ts");

/** `waits`: whether the process waits for `start`. */
export function prepare(global: GlobalOptions, options: CreateOptions, waits: boolean): Prepared {
  const began = clock().microseconds();
  checkId(options.id);
  const mode = detectCgroupMode();
  const bundle = bundlePath(options.bundle);
  const config = options.config ?? "config.json";
  const listening = listenDescriptors(process.env, process.pid);
  const count = options.preserveFds + listening;
  const open = count > 0 ? processes().callersDescriptors(count) : [];
  const loaded = loadSpec(bundle, config.startsWith("/") ? config : `${bundle}/${config}`);
  const notify = process.env.NOTIFY_SOCKET || undefined;
  const listens = withListenVariables(loaded, listening);
  const spec =
    notify === undefined ? listens : notifying().withNotifySocket(listens, global.root, options.id);
  const rootfs = rootfsPath(spec, bundle);
  const planned = planCgroup(spec, options.id, mode, cgroupOptions(global));
  // systemd's manager has given the whole unit away.
  const { plan: cgroup, others } =
    planned.scope === undefined ? delegated(planned) : { plan: planned, others: [] };
  if (cgroup.optional && cgroup.hierarchies.length === 0) {
    logWarning("no cgroup is delegated to this user: the container stays in the caller's, without limits");
  }
  const plan = planContainer(
    spec,
    planContext(global, options, {
      spec,
      bundle,
      rootfs,
      mode,
      cgroup,
      undelegated: others,
      waits,
      preserved: count,
    }),
  );
  const record = firstRecord(options.id, spec, bundle, rootfs, plan, cgroup);
  const told = notify === undefined ? {} : { notify };
  const prepared = { config: loaded, spec, plan, cgroup, preserved: { count, open }, record, began, ...told };
  return Object.keys(spec.linux?.intelRdt ?? {}).length === 0 ? prepared : withResctrl(prepared);
}

/** Talking to systemd takes what only the second half of the executable has. */
function cgroupOptions(global: GlobalOptions): CgroupOptions {
  const { cgroupManager } = global;
  const rootless = isRootless(global);
  if (cgroupManager !== "systemd") return { cgroupManager, rootless };
  needSecondHalf();
  const { managerCgroup, requireSystemd } =
    require("../cgroup/systemd/bus.ts") as typeof import("../cgroup/systemd/bus.ts");
  requireSystemd();
  return { cgroupManager, rootless, systemd: { user: rootless, manager: managerCgroup(rootless) } };
}

/** Loaded where config.json asks for it. */
function withResctrl(prepared: Prepared): Prepared {
  const { planIntelRdt } = require("../plan/intel-rdt.ts") as typeof import("../plan/intel-rdt.ts");
  const { ownGroups, resctrlRoot } = require("../cgroup/resctrl.ts") as typeof import("../cgroup/resctrl.ts");
  const plan = planIntelRdt(prepared.spec.linux?.intelRdt ?? {}, prepared.record.id);
  const root = resctrlRoot();
  return {
    ...prepared,
    resctrl: { root, plan },
    record: { ...prepared.record, resctrl: ownGroups(root, plan) },
  };
}

export function isRootless(global: GlobalOptions): boolean {
  return global.rootless === "auto" ? process.geteuid?.() !== 0 || inUserNamespace() : global.rootless;
}

function bundlePath(bundle: string): string {
  try {
    return files().realpath(bundle);
  } catch (error) {
    throw new OcirtError({
      action: "open the bundle",
      path: bundle,
      errno: isNativeError(error) ? error.code : undefined,
      hint: "name the directory that holds config.json with --bundle",
    });
  }
}

function rootfsPath(spec: Spec, bundle: string): string {
  const path = spec.root?.path ?? "rootfs";
  const absolute = path.startsWith("/") ? path : `${bundle}/${path}`;
  const missing = (errno: string) =>
    new OcirtError({
      action: "open the rootfs",
      path: absolute,
      pointer: "/root/path",
      errno,
      hint: "make the directory, or set root.path to the one that holds the root file system",
    });
  try {
    const real = files().realpath(absolute);
    if (((files().stat(real, true)?.mode ?? 0) & 0o170000) !== 0o040000) throw missing("ENOTDIR");
    return real;
  } catch (error) {
    throw isNativeError(error) ? missing(error.code) : error;
  }
}

interface Facts {
  readonly spec: Spec;
  readonly bundle: string;
  readonly rootfs: string;
  readonly mode: CgroupMode;
  readonly cgroup: CgroupPlan;
  /** Hierarchies in which this user may make no cgroup. */
  readonly undelegated: readonly HierarchyPlan[];
  readonly waits: boolean;
  /** How many descriptors from 3 on are the container's. */
  readonly preserved: number;
}

function planContext(global: GlobalOptions, options: CreateOptions, facts: Facts): PlanContext {
  const { spec, bundle, rootfs, mode, cgroup, waits } = facts;
  return {
    id: options.id,
    bundle,
    rootfs,
    waits,
    preserveFds: facts.preserved,
    terminalSize: callersTerminal(spec, options, waits),
    openFiles: processes().callersOpenFiles(),
    noPivot: options.noPivot,
    noNewKeyring: options.noNewKeyring,
    cgroupVersion: mode.kind === "v2" ? 2 : 1,
    cgroups: cgroupViews(cgroup.kind, [...cgroup.hierarchies, ...facts.undelegated]),
    joinable: cgroup.scope === undefined ? cgroupDirsToJoin(cgroup.paths) : [],
    hostJoins: cgroup.scope !== undefined,
    hookState: (status) => hookStateParts(spec, options.id, bundle, status),
    callerEnv: Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    compileSeccomp: (seccomp, strict) =>
      compileSeccomp(seccomp, options.planOnly ? "" : `${global.root}/.cache/seccomp`, strict),
    warn: logWarning,
    selinux: () => isSelinuxInForce(),
    executable: process.execPath,
    headOf: (path) => files().headInRoot(rootfs, path, SNIFF_LENGTH),
    argv0: process.argv0,
  };
}

/** Its file system (SELINUX_MAGIC of linux/magic.h), and a policy: without one the label of all is `kernel`. */
function isSelinuxInForce(): boolean {
  const path = "/sys/fs/selinux";
  if (files().stat(path, true) === undefined || files().fsType(path) !== 0xf97c_ff8c) return false;
  return !/^kernel\0?$/.test(files().readText("/proc/self/attr/current").trimEnd());
}

/** Only `run` in the foreground shows the container's terminal on the caller's. */
function callersTerminal(spec: Spec, options: CreateOptions, waits: boolean) {
  const shown = spec.process?.terminal && options.consoleSocket === undefined && !waits;
  return shown ? processes().terminalSize() : undefined;
}

/** The hierarchies that a mount of type cgroup shows; beside v1 the unified one stays out of sight (as runc). */
function cgroupViews(kind: CgroupPlan["kind"], hierarchies: readonly HierarchyPlan[]): CgroupView[] {
  const unified = kind === "v2";
  return hierarchies
    .filter(({ controllers }) => unified || !controllers.includes(""))
    .map(({ controllers, mountPoint, directory }) => ({
      directory: unified ? "" : mountPoint.slice(mountPoint.lastIndexOf("/") + 1),
      options: unified ? [] : controllers,
      source: directory,
    }));
}

/** The state JSON with a gap where the pid goes, which is known only when init is there. */
function hookStateParts(spec: Spec, id: string, bundle: string, status: string) {
  const { ociVersion, annotations = {} } = spec;
  const text = JSON.stringify({ ociVersion, id, status, pid: 0, bundle, annotations });
  const gap = text.indexOf('"pid":0') + 6;
  const encoder = new TextEncoder();
  return { head: encoder.encode(text.slice(0, gap)), tail: encoder.encode(text.slice(gap + 1)) };
}

const hasListener = (step: Step): boolean =>
  step.kind === "seccomp" && (step.flags & FLAG_NEW_LISTENER) !== 0;

function firstRecord(
  id: string,
  spec: Spec,
  bundle: string,
  rootfs: string,
  plan: ContainerPlan,
  cgroup: CgroupPlan,
): ContainerRecord {
  const lateFrom = plan.steps.findIndex(({ kind }) => kind === "awaitStart" || kind === "startHooks") + 1;
  const { poststart, poststop } = spec.hooks ?? {};
  const seccompAgent = plan.steps.some(hasListener) ? seccompAgentOf(spec) : undefined;
  return {
    version: 1,
    ociVersion: spec.ociVersion,
    id,
    nonce: `${process.pid}-${Date.now()}-${Math.random()}`,
    phase: "creating",
    pid: 0,
    startTime: "",
    bundle,
    rootfs,
    created: new Date().toISOString(),
    owner: process.geteuid?.() ?? 0,
    annotations: spec.annotations ?? {},
    cgroups: cgroup.paths,
    hooks: { ...(poststart ? { poststart } : {}), ...(poststop ? { poststop } : {}) },
    lateFrom,
    late: plan.steps.slice(lateFrom).map((step) => {
      const path = subjectOf(step);
      return {
        kind: step.kind,
        ...(step.pointer === undefined ? {} : { pointer: step.pointer }),
        ...(path === undefined ? {} : { path }),
      };
    }),
    ...(seccompAgent === undefined ? {} : { seccompAgent }),
    wasm: plan.wasm,
    privatePids: plan.namespaces.created.has("pid"),
    ...(plan.namespaces.joins.length === 0
      ? {}
      : { joined: plan.namespaces.joins.map(({ type, path }) => ({ type, path })) }),
  };
}
