/**
 * What a test left behind, in all places where a runtime may leave something. Each test case has a tag that is
 * part of its directory and of its container ids, so that everything of it is recognised by that tag.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cgroupMounts } from "./cgroup.ts";
import { execute } from "./command.ts";
import { until } from "./wait.ts";

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** What a process calls itself; empty where it is gone meanwhile. */
export const nameOf = (pid: number): string => read(`/proc/${pid}/comm`).trimEnd();

/** Mount points of this mount namespace that belong to the tag, the deepest first. */
export function mountsOf(tag: string): string[] {
  const points: string[] = [];
  for (const line of read("/proc/self/mountinfo").split("\n")) {
    if (line.includes(tag)) points.push(line.split(" ")[4] ?? "");
  }
  return points.reverse();
}

/** Paths of cgroups, in any hierarchy, whose own name holds the tag; children before their parents. */
export function cgroupsOf(tag: string): string[] {
  const found: string[] = [];
  const walk = (directory: string, ours: boolean): void => {
    let entries: { name: string; isDirectory(): boolean }[] = [];
    try {
      entries = readdirSync(directory, { withFileTypes: true });
    } catch {
      // A cgroup that went away meanwhile.
    }
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const below = ours || entry.name.includes(tag);
      walk(join(directory, entry.name), below);
      if (below) found.push(join(directory, entry.name));
    }
  };
  for (const mount of cgroupMounts()) walk(mount.point, false);
  return found;
}

/** True where a process's root file system is a mount from the tag's directory: it is in the container. */
function livesIn(pid: number, tag: string): boolean {
  return read(`/proc/${pid}/mountinfo`)
    .split("\n")
    .some((line) => {
      const [, , , root = "", point] = line.split(" ");
      return point === "/" && root.includes(tag);
    });
}

/** True for what only waits to be reaped: by the host's init, once the runtime that started it is gone. */
function isZombie(pid: number): boolean {
  return /\) [ZX] /.test(read(`/proc/${pid}/stat`));
}

/** Processes of the tag: by command line, environment, cgroup or root file system. */
export function processesOf(tag: string): number[] {
  const found: number[] = [];
  for (const name of names("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (isZombie(pid)) continue;
    const traces = ["cmdline", "environ", "cgroup"];
    if (traces.some((file) => read(`/proc/${pid}/${file}`).includes(tag)) || livesIn(pid, tag))
      found.push(pid);
  }
  return found;
}

/** Entries of directories outside the tag's own one in which runtimes keep files. */
function strayFiles(tag: string): string[] {
  const places = [
    "/run",
    "/tmp",
    "/dev/shm",
    "/dev/mqueue",
    "/var/run",
    "/run/runc",
    "/run/crun",
    "/run/ocirt",
  ];
  return places.flatMap((place) =>
    names(place)
      .filter((name) => name.includes(tag))
      .map((name) => join(place, name)),
  );
}

/** The one thing in a state directory that is no container's: compiled seccomp filters, kept for the next. */
const CACHE = ".cache";

/** Everything that is left of the tag; an empty list is a clean end. */
export function leftovers(tag: string, stateRoot: string): string[] {
  const state = names(stateRoot).filter((name) => name !== CACHE);
  return [
    ...state.map((name) => `state ${join(stateRoot, name)}`),
    ...cgroupsOf(tag).map((path) => `cgroup ${path}`),
    ...mountsOf(tag).map((point) => `mount ${point}`),
    ...processesOf(tag).map((pid) => `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`),
    ...strayFiles(tag).map((path) => `file ${path}`),
  ];
}

/** Removes the cgroups of the tag that nobody is in any more; whether there were none. */
export function withoutCgroups(tag: string): boolean {
  const paths = cgroupsOf(tag);
  for (const path of paths) {
    try {
      rmdirSync(path);
    } catch {
      // A process of it is on its way out.
    }
  }
  return paths.length === 0;
}

/** How long a killed process may take to leave its cgroup, in milliseconds. */
const PARTING = 2000;

/** Removes the tag's directory and all that a failed test may have left. Mounts go before files, always. */
export async function sweep(tag: string, directory: string): Promise<void> {
  for (const pid of processesOf(tag)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  for (const point of mountsOf(tag)) execute(["umount", "-l", point], join(directory, "umount"));
  // What stays all the same was reported as left behind, or is seen by the next look at the machine.
  await until("no cgroup", () => withoutCgroups(tag), PARTING).catch(() => {});
  if (existsSync(directory) && mountsOf(tag).length === 0)
    rmSync(directory, { recursive: true, force: true });
}
