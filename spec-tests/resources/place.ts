/** One configuration of `linux.resources` under one runtime: what the files of the container's cgroup hold. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, type Config, type Container, cgroup, runtimePath, until } from "../harness/index.ts";
import { withoutCgroups } from "../harness/leaks.ts";

export type Resources = Config["linux"]["resources"];
export type Driver = "cgroupfs" | "systemd";
export type Name = "ocirt" | "crun" | "runc";

/** Control file to content. */
export type Files = Readonly<Record<string, string>>;

/** What the files hold, or the error with which the runtime refuses. */
export type Outcome = Files | string;

const PATHS: Readonly<Record<Name, string>> = {
  ocirt: runtimePath,
  crun: "/usr/bin/crun",
  runc: "/usr/sbin/runc",
};

export const PEERS: readonly Name[] = (["crun", "runc"] as const).filter((name) => existsSync(PATHS[name]));

/** systemd is there only as PID 1 of the virtual machine. */
export const DRIVERS: readonly Driver[] = existsSync("/run/systemd/system")
  ? ["cgroupfs", "systemd"]
  : ["cgroupfs"];

/** Files that limits are written to; not those that count. */
const SETTING = new RegExp(
  `^(${[
    "memory\\.((memsw\\.|soft_)?limit_in_bytes|swappiness|oom_control|use_hierarchy)",
    "memory\\.(max|low|min|high|swap\\.max|swap\\.high|oom\\.group)",
    "cpu\\.(shares|cfs_\\w+_us|rt_\\w+_us|idle|weight|max|max\\.burst)",
    "cpuset\\.(cpus|mems)|pids\\.max|rdma\\.max|cgroup\\.max\\.depth",
    "blkio\\.bfq\\.weight|blkio\\.throttle\\.\\w+_device|io\\.(max|weight|bfq\\.weight)",
    "hugetlb\\..*(limit_in_bytes|max)|net_cls\\.classid|net_prio\\.ifpriomap",
  ].join("|")})$`,
);

/** The directories of a process's cgroups, each once. */
export function directoriesOf(pid: number): string[] {
  const mounts = cgroup.mounts();
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
  const found = lines.flatMap((line) => {
    const [, controllers = "", path = ""] = line.split(":");
    const names = controllers.split(",");
    return mounts
      .filter(({ type, controllers: own }) =>
        controllers === "" ? type === "cgroup2" : own.some((one) => names.includes(one)),
      )
      .map(({ point }) => join(point, path))
      .filter((directory) => existsSync(directory));
  });
  return [...new Set(found)];
}

function limitsOf(pid: number): Files {
  const entries = directoriesOf(pid).flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => SETTING.test(name))
      .map((name): [string, string] => [name, contentOf(join(directory, name))]),
  );
  return Object.fromEntries(entries);
}

/** The lines that say something is set; not memory.oom_control's counters. */
const contentOf = (path: string): string =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .filter((line) => !/^(under_oom|oom_kill) |^\w+ 0$/.test(line))
    .join("\n");

/** A command of a runtime, which has a state directory of its own. */
export function argvOf(t: Case, name: Name, driver: Driver, args: readonly string[]): string[] {
  const root = name === "ocirt" ? t.stateRoot : t.path(`state-${name}`);
  const global = driver === "systemd" ? ["--systemd-cgroup"] : [];
  return [PATHS[name], "--root", root, ...global, ...args];
}

/** crun leaves the cgroups of a create that failed. */
async function clear(id: string): Promise<void> {
  await until("the peer's cgroups gone", () => withoutCgroups(id));
}

/** A bundle with these resources, for each runtime in turn; its cgroup has the same path under each. */
export function bundleOf(t: Case, driver: Driver, resources: Resources): Container {
  return t.container((c, own) => {
    c.process.args = ["sleep", "1000"];
    c.linux.resources = resources;
    c.linux.cgroupsPath = driver === "systemd" ? `system.slice:spec:${own.id}` : `/${own.id}`;
  });
}

/** Creates the container, looks, and deletes it. */
export async function outcomeOf(
  t: Case,
  name: Name,
  driver: Driver,
  { bundle, id }: Container,
): Promise<Outcome> {
  const argv = (...args: string[]) => argvOf(t, name, driver, args);
  const pidFile = t.path(`${name}.pid`);
  const created = await t.start(argv("create", "--pid-file", pidFile, "--bundle", bundle, id)).ended;
  try {
    return created.status === 0 ? limitsOf(Number(readFileSync(pidFile, "utf8"))) : created.stderr.trim();
  } finally {
    if (created.status === 0 || name !== "ocirt") t.execute(argv("delete", "--force", id));
    if (name !== "ocirt") await clear(id);
  }
}

/** A container that runs the script under ocirt, with this driver; started detached. */
export async function running(
  t: Case,
  driver: Driver,
  script: string,
  edit: (config: Config) => void = () => {},
  suffix = "",
): Promise<Container> {
  const container = t.container((c, own) => {
    c.process.args = ["sh", "-c", script];
    if (driver === "systemd") c.linux.cgroupsPath = `system.slice:spec:${own.id}`;
    edit(c);
  }, suffix);
  await container.runDetached(driver === "systemd" ? ["--systemd-cgroup"] : []);
  return container;
}
