/** Where the cgroups of this machine are mounted, and what a container's cgroups say. */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

export interface CgroupMount {
  readonly point: string;
  /** "cgroup" (v1) or "cgroup2". */
  readonly type: string;
  /** The v1 hierarchy's controllers (or name=…); empty for v2. */
  readonly controllers: readonly string[];
}

/** The cgroup mounts of the calling process's mount namespace. */
export function cgroupMounts(): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [type = "", , options = ""] = right.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") continue;
    const point = left.split(" ")[4] ?? "";
    mounts.push({ point, type, controllers: type === "cgroup" ? options.split(",") : [] });
  }
  return mounts;
}

/** True where the controllers are in the unified hierarchy. */
const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");

/** The directory of a process's cgroup for a v1 controller; for v2 the controller does not matter. */
function directory(pid: number, controller: string): string {
  const mounts = cgroupMounts();
  for (const line of readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n")) {
    const [number, controllers = "", path = ""] = line.split(":");
    if (unified && number === "0") return join(mounts[0]?.point ?? "/sys/fs/cgroup", path);
    if (unified || !controllers.split(",").includes(controller)) continue;
    const mount = mounts.find((one) => one.controllers.includes(controller));
    if (mount !== undefined) return join(mount.point, path);
  }
  throw new Error(`process ${pid} has no cgroup for ${controller}`);
}

/** A cgroup file's content for a process, without the newline. */
function value(pid: number, controller: string, file: string): string {
  return readFileSync(join(directory(pid, controller), file), "utf8").trim();
}

/** Makes a cgroup below the root of each hierarchy; their directories. */
function makeEverywhere(name: string): string[] {
  return cgroupMounts().map(({ point }) => {
    const made = join(point, name);
    mkdirSync(made);
    return made;
  });
}

/** Removes a cgroup, empty by now, from each hierarchy that has it. */
function removeEverywhere(name: string): void {
  for (const { point } of cgroupMounts()) {
    if (existsSync(join(point, name))) rmdirSync(join(point, name));
  }
}

export const cgroup: {
  readonly unified: boolean;
  readonly mounts: typeof cgroupMounts;
  readonly directory: typeof directory;
  readonly value: typeof value;
  readonly makeEverywhere: typeof makeEverywhere;
  readonly removeEverywhere: typeof removeEverywhere;
} = { unified, mounts: cgroupMounts, directory, value, makeEverywhere, removeEverywhere };
