/** Which mounts of a container are the host's, and have to be named to CRIU because it can't dump them. */

export interface MountEntry {
  /** major:minor of the file system. */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
}

const unescaped = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** proc_pid_mountinfo(5). */
export function parseMountinfo(text: string): MountEntry[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const words = line.split(" ");
      const type = words[words.indexOf("-", 6) + 1] ?? "";
      const [, , device = "", root = "", point = ""] = words;
      return { device, root: unescaped(root), point: unescaped(point), type };
    });
}

/** File systems that CRIU mounts anew by itself. */
const KERNEL = new Set(["proc", "sysfs", "mqueue"]);

/** Mount points with the names under which they are found again at the restore (runc's). */
export function externalMounts(
  container: readonly MountEntry[],
  host: readonly MountEntry[],
  ownCgroupNamespace: boolean,
): (readonly [point: string, name: string])[] {
  const devices = new Set(host.map(({ device }) => device));
  return container
    .filter(({ device, root, point, type }) => {
      if (point === "/" || !devices.has(device)) return false;
      if (type.startsWith("cgroup")) return !ownCgroupNamespace;
      return !KERNEL.has(type) || root !== "/";
    })
    .map(({ point, root, type }) => [point, type === "devtmpfs" && root !== "/" ? `/dev${root}` : point]);
}
