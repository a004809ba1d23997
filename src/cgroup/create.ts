/** Makes a container's cgroups and puts processes into them. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError, native } from "../native/index.ts";
import { deviceWrites, parseDevicesList } from "./devices.ts";
import { type CgroupPaths, type CgroupPlan, type HierarchyPlan, unavailable } from "./plan.ts";
import { cgroupPids, isFrozenDirectory } from "./processes.ts";
import { readControl, tryWrite, writeLimits } from "./write.ts";

interface BpfNative {
  /** Replaces the device programs of a cgroup v2 directory by this one. */
  bpfAttachDevices(directory: string, program: Uint8Array): void;
}

const MODE = 0o755;
const PERMISSION = new Set(["EACCES", "EPERM", "EROFS"]);

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

function failed(action: string, path: string, error: unknown, hint?: string): unknown {
  if (!isNativeError(error)) return error;
  return new OcirtError({ action, path, errno: error.code, hint });
}

/** Makes the directory and its parents; false where it was there. */
function makeDirectory(path: string): boolean {
  const make = () => files().mkdir(path, MODE);
  try {
    try {
      make();
    } catch (error) {
      if (!isNativeError(error) || error.code !== "ENOENT") throw error;
      files().mkdirAll(parentOf(path), MODE);
      make();
    }
    return true;
  } catch (error) {
    if (isNativeError(error) && error.code === "EEXIST") return false;
    throw failed("make the cgroup", path, error);
  }
}

/** A cgroup that is there may be taken if nothing runs in it and nothing in it would stand still. */
function checkReusable(directory: string): void {
  const pids = cgroupPids({ "": directory }, true).length;
  const reason =
    pids > 0
      ? `container's cgroup is not empty: ${pids} process(es) found`
      : isFrozenDirectory(directory)
        ? "container's cgroup unexpectedly frozen"
        : undefined;
  if (reason !== undefined) throw new OcirtError({ action: "use the cgroup", path: directory, reason });
}

/** The value of a cpuset file, given to the cgroup from its parents where it is empty: v1 lets no process in. */
function inheritCpuset(mountPoint: string, directory: string, file: string): string {
  const own = readControl(directory, file) ?? "";
  if (own !== "" || directory === mountPoint) return own;
  const inherited = inheritCpuset(mountPoint, parentOf(directory), file);
  if (inherited !== "")
    writeLimits(directory, [{ controller: "cpuset", file, value: inherited, pointer: "/linux" }]);
  return inherited;
}

function prepareCpuset({ mountPoint, directory, writes }: HierarchyPlan): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    // A limit is written by itself, but needs a parent that has the CPUs.
    const isLimited = writes.some((write) => write.file === file);
    inheritCpuset(mountPoint, isLimited ? parentOf(directory) : directory, file);
  }
}

const wordsOf = (text: string | undefined) => (text ?? "").split(" ").filter((word) => word !== "");

/** Enables on the way down every controller that the hierarchy has; those that the container's cgroup got. */
function enableControllers(mountPoint: string, directory: string): Set<string> {
  const all = wordsOf(readControl(mountPoint, "cgroup.controllers"));
  const had = new Set(wordsOf(readControl(directory, "cgroup.controllers")));
  if (all.every((controller) => had.has(controller))) return had;
  let ancestor = mountPoint;
  for (const component of directory.slice(mountPoint.length + 1).split("/")) {
    const error = tryWrite(ancestor, "cgroup.subtree_control", all.map((one) => `+${one}`).join(" "));
    // One that cannot be enabled (not delegated, in use by v1) spoils the whole write.
    if (error !== undefined) for (const one of all) tryWrite(ancestor, "cgroup.subtree_control", `+${one}`);
    ancestor += `/${component}`;
  }
  return new Set(wordsOf(readControl(directory, "cgroup.controllers")));
}

const INVALID = "domain invalid";

/**
 * Among threaded cgroups a new one is invalid and takes no process until it is threaded, too; then it has only the
 * controllers that count threads. The kernel's cgroup-v2.rst, "Threads".
 */
function settleTypes(mountPoint: string, directory: string): void {
  if (readControl(directory, "cgroup.type") !== INVALID) return;
  let path = mountPoint;
  for (const component of directory.slice(mountPoint.length + 1).split("/")) {
    path += `/${component}`;
    if (readControl(path, "cgroup.type") !== INVALID) continue;
    const error = tryWrite(path, "cgroup.type", "threaded");
    if (error !== undefined) throw failed("make the cgroup threaded, as those around it are", path, error);
  }
}

function fillV2(plan: HierarchyPlan): void {
  const { mountPoint, directory, writes, program } = plan;
  settleTypes(mountPoint, directory);
  const available = enableControllers(mountPoint, directory);
  for (const { controller, pointer } of writes) {
    if (controller !== "cgroup" && !available.has(controller))
      throw unavailable(controller, directory, pointer);
  }
  writeLimits(directory, writes);
  if (program === undefined) return;
  try {
    native<BpfNative>().bpfAttachDevices(directory, program);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const action = `allow devices with ${error.syscall} for the cgroup`;
    throw new OcirtError({ action, path: directory, pointer: "/linux/resources/devices", errno: error.code });
  }
}

function fillV1(plan: HierarchyPlan, isNew: boolean): void {
  const { controllers, directory, devices, writes } = plan;
  if (controllers.includes("cpuset")) prepareCpuset(plan);
  if (isNew || devices === undefined) {
    writeLimits(directory, writes);
    return;
  }
  const current = parseDevicesList(readControl(directory, "devices.list") ?? "");
  const others = writes.filter((write) => write.controller !== "devices");
  writeLimits(directory, [...others, ...deviceWrites(devices, current)]);
}

/**
 * A cgroup that is there, empty, made anew where that is possible: the kernel kills whoever is cloned into one in
 * which cgroup.kill was ever written (cgroup_css_set_fork takes the kill_seq of the wrong cgroup).
 */
function renew({ controllers, directory }: HierarchyPlan): boolean {
  checkReusable(directory);
  if (!controllers.includes("")) return false;
  tryRemove(directory);
  return makeDirectory(directory);
}

function createOne(plan: HierarchyPlan, { kind, scope }: CgroupPlan, made: string[]): void {
  // What is there under systemd it has just made, with the container's process in it.
  const isNew = makeDirectory(plan.directory) || (scope === undefined && renew(plan));
  if (isNew) made.push(plan.directory);
  if (kind === "v2") fillV2(plan);
  else fillV1(plan, isNew);
}

/** Whether a hierarchy may be left out because the user may not use it. */
function mayMiss(plan: CgroupPlan, { writes }: HierarchyPlan, error: unknown): boolean {
  return (
    plan.optional &&
    writes.length === 0 &&
    error instanceof OcirtError &&
    PERMISSION.has(error.facts.errno ?? "")
  );
}

/**
 * Makes the directories with their limits, before any process is in them. Returns the paths of those that were
 * made, which are all of the plan's unless it is rootless. On an error nothing new is left.
 */
export function createCgroup(plan: CgroupPlan): CgroupPaths {
  const made: string[] = [];
  const paths: Record<string, string> = { ...plan.paths };
  for (const hierarchy of plan.hierarchies) {
    try {
      createOne(hierarchy, plan, made);
    } catch (error) {
      if (mayMiss(plan, hierarchy, error)) {
        for (const controller of hierarchy.controllers) delete paths[controller];
        continue;
      }
      for (const directory of made.reverse()) tryRemove(directory);
      throw error;
    }
  }
  return paths;
}

function tryRemove(directory: string): void {
  try {
    files().rmdir(directory);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}

/** Moves a process from its systemd unit into the container's cgroup below it, before that has any controller. */
export function enterSubgroup({ paths }: CgroupPlan, pid: number): void {
  const unified = paths[""];
  if (unified === undefined) return;
  makeDirectory(unified);
  joinCgroup({ paths: { "": unified } }, pid);
}

/** Moves a process into all cgroups of a container: of a plan, or of the state file. */
export function joinCgroup({ paths }: { readonly paths: CgroupPaths }, pid: number): void {
  for (const directory of new Set(Object.values(paths))) {
    try {
      files().writeExisting(`${directory}/cgroup.procs`, `${pid}`);
    } catch (error) {
      const code = isNativeError(error) ? error.code : "";
      const hint =
        code === "EBUSY" || code === "EOPNOTSUPP"
          ? "on cgroup v2 a cgroup whose sub-cgroups have controllers can have no processes"
          : undefined;
      throw failed(`move process ${pid} into the cgroup`, directory, error, hint);
    }
  }
}
