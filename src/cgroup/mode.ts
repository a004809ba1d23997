/**
 * Which cgroup hierarchies this machine has and where they are mounted. A directory below /sys/fs/cgroup is
 * not enough: only /proc/self/mountinfo knows (proc_pid_mountinfo(5), cgroups(7)).
 */
import { files } from "../native/index.ts";

/** A hierarchy of cgroup v1. */
export interface Hierarchy {
  /** Co-mounted controllers ("cpu", "cpuacct"), or one name ("name=systemd"). */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** The cgroup that is visible at the mount point, "/" unless a part is bind-mounted. */
  readonly root: string;
}

/** The unified hierarchy, cgroup v2. */
export interface Unified {
  readonly mountPoint: string;
  readonly root: string;
}

/** Controller, or "" for cgroup v2, to the cgroup that a process is in. */
export type OwnCgroups = ReadonlyMap<string, string>;

export interface CgroupMode {
  /** hybrid: controllers in v1 hierarchies and a unified hierarchy beside them. */
  readonly kind: "v1" | "v2" | "hybrid" | "none";
  readonly hierarchies: readonly Hierarchy[];
  readonly unified?: Unified;
  /** The runtime's own cgroups, read when first asked for. */
  readonly own: () => OwnCgroups;
}

const DIRECTORY = "/sys/fs/cgroup";
const CGROUP2_MAGIC = 0x6367_7270;

/** What may stand among the options of a v1 mount and is a controller. */
const V1_CONTROLLERS: ReadonlySet<string> = new Set([
  "cpuset",
  "cpu",
  "cpuacct",
  "blkio",
  "memory",
  "devices",
  "freezer",
  "net_cls",
  "perf_event",
  "net_prio",
  "hugetlb",
  "pids",
  "rdma",
  "misc",
  "debug",
]);

interface MountLine {
  readonly id: string;
  readonly parent: string;
  readonly root: string;
  readonly point: string;
  /** cgroup, cgroup2, or anything else. */
  readonly type: string;
  readonly options: string;
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Undefined for the mounts that can neither be nor hide a cgroup hierarchy. */
function parseLine(line: string): MountLine | undefined {
  const separator = line.indexOf(" - ");
  const mayBeCgroup = line.startsWith("cgroup", separator + 3);
  if (separator < 0 || (!mayBeCgroup && !line.includes(" /sys"))) return undefined;
  const [id = "", parent = "", , root = "", point = ""] = line.slice(0, separator).split(" ");
  const [type = "", , options = ""] = line.slice(separator + 3).split(" ");
  return { id, parent, root: unescaped(root), point: unescaped(point), type, options };
}

/** Mounts by their id, and by where they stand on their parent. */
class MountTree {
  private readonly byId = new Map<string, MountLine>();
  private readonly byPlace = new Map<string, MountLine>();

  constructor(mounts: readonly MountLine[]) {
    for (const mount of mounts) {
      this.byId.set(mount.id, mount);
      this.byPlace.set(`${mount.parent} ${mount.point}`, mount);
    }
  }

  /** Whether a path lookup arrives at the mount, on its way to `next`: nothing is mounted over or above it. */
  isReached(mount: MountLine, next?: MountLine): boolean {
    const over = this.byPlace.get(`${mount.id} ${mount.point}`);
    if (over !== undefined && over !== next && over !== mount) return false;
    const parent = this.byId.get(mount.parent);
    if (parent === undefined || parent === mount) return true;
    // A mount on a directory between the two came later than this one.
    let directory = mount.point;
    while (directory.length > parent.point.length + 1) {
      directory = directory.slice(0, directory.lastIndexOf("/"));
      if (directory.length > parent.point.length && this.byPlace.has(`${parent.id} ${directory}`))
        return false;
    }
    return this.isReached(parent, mount);
  }
}

const isCgroup = (mount: MountLine) => mount.type === "cgroup" || mount.type === "cgroup2";

const isPreferred = (mount: MountLine) =>
  mount.point === DIRECTORY || mount.point.startsWith(`${DIRECTORY}/`);

/** Of several mounts of one hierarchy the one below /sys/fs/cgroup counts, else the first. */
function hierarchyOf(mount: MountLine): Hierarchy | undefined {
  const controllers = mount.options
    .split(",")
    .filter((option) => V1_CONTROLLERS.has(option) || option.startsWith("name="));
  return controllers.length === 0 ? undefined : { controllers, mountPoint: mount.point, root: mount.root };
}

/** The hierarchies of a mountinfo. Pure. */
export function parseMountinfo(text: string): Pick<CgroupMode, "kind" | "hierarchies" | "unified"> {
  const lines = text
    .split("\n")
    .map(parseLine)
    .filter((line) => line !== undefined);
  const tree = new MountTree(lines);
  const mounts = lines.filter((mount) => isCgroup(mount) && tree.isReached(mount));
  // A stable sort: those below /sys/fs/cgroup first, else in the kernel's order.
  mounts.sort((a, b) => Number(isPreferred(b)) - Number(isPreferred(a)));
  const hierarchies = new Map<string, Hierarchy>();
  let unified: Unified | undefined;
  for (const mount of mounts) {
    if (mount.type === "cgroup2") {
      unified ??= { mountPoint: mount.point, root: mount.root };
      continue;
    }
    const hierarchy = hierarchyOf(mount);
    const key = hierarchy?.controllers.join();
    if (hierarchy !== undefined && key !== undefined && !hierarchies.has(key))
      hierarchies.set(key, hierarchy);
  }
  const list = [...hierarchies.values()];
  if (unified === undefined) return { kind: list.length === 0 ? "none" : "v1", hierarchies: list };
  return { kind: list.length === 0 ? "v2" : "hybrid", hierarchies: list, unified };
}

/** The lines `id:controllers:path` of /proc/PID/cgroup. Pure. */
export function parseOwnCgroups(text: string): OwnCgroups {
  const own = new Map<string, string>();
  for (const line of text.split("\n")) {
    const first = line.indexOf(":");
    const second = line.indexOf(":", first + 1);
    if (second < 0) continue;
    for (const controller of line.slice(first + 1, second).split(","))
      own.set(controller, line.slice(second + 1));
  }
  return own;
}

/** The machine's mode. One system call where /sys/fs/cgroup is cgroup v2, else one read of mountinfo. */
export function detectCgroupMode(): CgroupMode {
  let cgroups: OwnCgroups | undefined;
  const own = () => {
    cgroups ??= parseOwnCgroups(files().readText("/proc/self/cgroup"));
    return cgroups;
  };
  if (fsType(DIRECTORY) === CGROUP2_MAGIC) {
    return { kind: "v2", hierarchies: [], unified: { mountPoint: DIRECTORY, root: "/" }, own };
  }
  return { ...parseMountinfo(files().readText("/proc/self/mountinfo")), own };
}

function fsType(path: string): number | undefined {
  try {
    return files().fsType(path);
  } catch {
    return undefined;
  }
}
