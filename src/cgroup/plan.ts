/** What is to be done about a container's cgroups, as data. Pure: it needs neither root nor a kernel. */
import { OcirtError } from "../errors.ts";
import { SYSTEMD_SUBGROUP } from "../spec/annotations.ts";
import type { Spec } from "../spec/types.ts";
import { deviceProgram } from "./device-program.ts";
import { type DevicePolicy, devicePolicy, deviceWrites } from "./devices.ts";
import type { LimitWrite } from "./limits.ts";
import { limitsV1 } from "./limits-v1.ts";
import { limitsV2 } from "./limits-v2.ts";
import type { CgroupMode, Hierarchy } from "./mode.ts";
import { cgroupOwnership, type Ownership } from "./ownership.ts";
import { directoryV1, directoryV2 } from "./path.ts";
import type { Scope } from "./systemd/bus.ts";
import type { Property } from "./systemd/variant.ts";

export type CgroupManager = "cgroupfs" | "systemd" | "disabled";

export interface CgroupOptions {
  readonly cgroupManager?: CgroupManager;
  /** Without root: hierarchies that refuse a new cgroup are left out if no limit needs them. */
  readonly rootless?: boolean;
  /** With the manager systemd: whose units they are. */
  readonly systemd?: SystemdManager;
}

export interface SystemdManager {
  /** Whether it is the user's manager, not the system's. */
  readonly user: boolean;
  /** Its own cgroup, "" for the system's. */
  readonly manager: string;
}

/** Controller, or "" for the unified hierarchy, to the container's directory; kept in the state file. */
export type CgroupPaths = Readonly<Record<string, string>>;

/** The container's cgroup in one hierarchy. */
export interface HierarchyPlan {
  /** [""] for the unified hierarchy. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  readonly directory: string;
  /** In order; those for devices are for a new cgroup. */
  readonly writes: readonly LimitWrite[];
  /** Of the hierarchy that filters devices. */
  readonly devices?: DevicePolicy;
  /** The same as a program, on cgroup v2. */
  readonly program?: Uint8Array;
}

export interface PlannedScope extends Scope {
  readonly properties: readonly Property[];
  /** Whether the container's cgroup is one below the unit's. */
  readonly subgroup: boolean;
}

export interface CgroupPlan {
  readonly kind: CgroupMode["kind"] | "disabled";
  readonly paths: CgroupPaths;
  readonly hierarchies: readonly HierarchyPlan[];
  /** Whether a hierarchy that refuses may be left out. */
  readonly optional: boolean;
  /** The unit that systemd makes the cgroup as. */
  readonly scope?: PlannedScope;
  /** Who may arrange it from within, where it is of v2. */
  readonly ownership?: Ownership;
}

/** The hierarchies' common directory, for messages. */
const DIRECTORY = "/sys/fs/cgroup";

/** A limit of a controller that this machine does not have. */
export function unavailable(controller: string, directory: string, pointer: string): OcirtError {
  return new OcirtError({
    action: "set the resource limits",
    pointer,
    reason: `controller \`${controller}\` is not available under \`${directory}\``,
  });
}

function policyOf(spec: Spec): DevicePolicy {
  return devicePolicy(spec.linux?.resources?.devices ?? [], spec.linux?.devices ?? []);
}

function planV1(spec: Spec, id: string, mode: CgroupMode, rootless: boolean): HierarchyPlan[] {
  const limits = limitsV1(spec.linux?.resources ?? {});
  const mounted = new Set(mode.hierarchies.flatMap((hierarchy) => hierarchy.controllers));
  for (const { controller, pointer } of limits) {
    if (!mounted.has(controller)) throw unavailable(controller, DIRECTORY, pointer);
  }
  // A container that may use any device is no container; rootless ones cannot make nodes anyway.
  if (!mounted.has("devices") && !rootless)
    throw unavailable("devices", DIRECTORY, "/linux/resources/devices");
  const directory = (at: Hierarchy | NonNullable<CgroupMode["unified"]>) =>
    directoryV1(at, spec.linux?.cgroupsPath, id, mode.own);
  const plans = mode.hierarchies.map((hierarchy): HierarchyPlan => {
    const { controllers, mountPoint } = hierarchy;
    const writes = limits.filter((write) => controllers.includes(write.controller));
    const plan = { controllers, mountPoint, directory: directory(hierarchy), writes };
    if (rootless || !controllers.includes("devices")) return plan;
    const devices = policyOf(spec);
    return { ...plan, devices, writes: [...writes, ...deviceWrites(devices)] };
  });
  if (mode.unified === undefined) return plans;
  const { mountPoint } = mode.unified;
  return [...plans, { controllers: [""], mountPoint, directory: directory(mode.unified), writes: [] }];
}

function planV2(spec: Spec, id: string, mode: CgroupMode, rootless: boolean): HierarchyPlan[] {
  const { unified } = mode;
  if (unified === undefined) return [];
  const plan = {
    controllers: [""],
    mountPoint: unified.mountPoint,
    directory: directoryV2(unified, spec.linux?.cgroupsPath, id, mode.own),
    writes: limitsV2(spec.linux?.resources ?? {}),
  };
  if (rootless) return [plan];
  const devices = policyOf(spec);
  return [{ ...plan, devices, program: deviceProgram(devices) }];
}

function pathsOf(hierarchies: readonly HierarchyPlan[]): CgroupPaths {
  const entries = hierarchies.flatMap(({ controllers, directory }) =>
    controllers.map((controller): [string, string] => [controller, directory]),
  );
  return Object.fromEntries(entries);
}

/** Under systemd the unit gives the path; what systemd does not do in it is planned as for any other path. */
function planScope(
  spec: Spec,
  id: string,
  mode: CgroupMode,
  rootless: boolean,
  { user, manager }: SystemdManager,
): CgroupPlan {
  const { systemdUnit, unitDirectory, unitProperties } =
    require("./systemd/plan.ts") as typeof import("./systemd/plan.ts");
  const unit = systemdUnit(spec.linux?.cgroupsPath, id, rootless);
  const subgroup = spec.annotations?.[SYSTEMD_SUBGROUP];
  // What an annotation may not say, because it would lead elsewhere, is refused as in any other path.
  const cgroupsPath = `${unitDirectory(unit, manager)}${subgroup ? `/${subgroup}` : ""}`;
  const placed: Spec = { ...spec, linux: { ...spec.linux, cgroupsPath } };
  const version = mode.kind === "v2" ? 2 : 1;
  const hierarchies = (version === 2 ? planV2 : planV1)(placed, id, mode, rootless);
  const facts = { id, version, devices: rootless ? undefined : policyOf(spec) } as const;
  return {
    kind: mode.kind,
    paths: pathsOf(hierarchies),
    hierarchies,
    optional: rootless,
    ownership: cgroupOwnership(spec, version),
    scope: { unit: unit.name, user, properties: unitProperties(spec, unit, facts), subgroup: !!subgroup },
  };
}

/**
 * The plan of a container's cgroups. Throws OcirtError with the JSON pointer of a path or a limit that cannot be.
 */
export function planCgroup(
  spec: Spec,
  id: string,
  mode: CgroupMode,
  options: CgroupOptions = {},
): CgroupPlan {
  if (options.cgroupManager === "disabled")
    return { kind: "disabled", paths: {}, hierarchies: [], optional: false };
  const optional = options.rootless === true && (spec.linux?.cgroupsPath ?? "") === "";
  if (mode.kind === "none" && optional && limitsV2(spec.linux?.resources ?? {}).length === 0) {
    return { kind: "none", paths: {}, hierarchies: [], optional };
  }
  if (mode.kind === "none") {
    throw new OcirtError({
      action: "find the cgroup hierarchies",
      path: DIRECTORY,
      reason: "none is mounted",
      hint: "mount cgroup2 there, or use --cgroup-manager=disabled",
    });
  }
  const rootless = options.rootless === true;
  if (options.systemd !== undefined) return planScope(spec, id, mode, rootless, options.systemd);
  const hierarchies = (mode.kind === "v2" ? planV2 : planV1)(spec, id, mode, rootless);
  return {
    kind: mode.kind,
    paths: pathsOf(hierarchies),
    hierarchies,
    optional,
    ownership: cgroupOwnership(spec, mode.kind === "v2" ? 2 : 1),
  };
}

/**
 * The directory that clone3(2) may put the process into at once (CLONE_INTO_CGROUP): that of the unified
 * hierarchy, also where it stands beside those of v1.
 */
export function cgroupDirForClone(paths: CgroupPaths): string | undefined {
  return paths[""];
}

/**
 * The directories of v1, which a single-threaded process joins by itself through their `tasks` files. A move by
 * anybody else, or of a whole process, waits for an RCU grace period: 6 to 15 ms (cgroup_attach_lock in the
 * kernel's cgroup.c).
 */
export function cgroupDirsToJoin(paths: CgroupPaths): string[] {
  const directories = Object.entries(paths).flatMap(([controller, path]) =>
    controller === "" ? [] : [path],
  );
  return [...new Set(directories)];
}
