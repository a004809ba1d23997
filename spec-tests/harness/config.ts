/** The configuration that tests start from: a fixed one, so that a test does not rest on the `spec` command. */
import type { Spec } from "../../src/spec/types.ts";

/** The configuration's types, writable, with the parts that the default has always there. */
type Writable<T> = T extends readonly (infer E)[]
  ? Writable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T;
type Filled<T, K extends keyof T> = T & { [P in K]-?: NonNullable<T[P]> };

type Whole = Writable<Spec>;
type Process = NonNullable<Whole["process"]>;
type Linux = NonNullable<Whole["linux"]>;

export type Mount = NonNullable<Whole["mounts"]>[number];

export interface Config extends Omit<Whole, "process" | "linux"> {
  process: Filled<Process, "user" | "args" | "env" | "capabilities" | "rlimits">;
  root: NonNullable<Whole["root"]>;
  mounts: Mount[];
  linux: Filled<Linux, "namespaces" | "maskedPaths" | "readonlyPaths" | "resources">;
}

const CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

function filesystem(destination: string, type: string, options: string[] = []): Mount {
  return { destination, type, source: type, options };
}

/** A new default configuration: what runc's and crun's `spec` write, but with a writable root and no terminal. */
export function defaultConfig(): Config {
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ["sh"],
      env: ["PATH=/usr/bin:/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: {
        bounding: [...CAPABILITIES],
        effective: [...CAPABILITIES],
        permitted: [...CAPABILITIES],
      },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: false },
    hostname: "conformance",
    mounts: [
      filesystem("/proc", "proc"),
      filesystem("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      filesystem("/dev/pts", "devpts", [
        "nosuid",
        "noexec",
        "newinstance",
        "ptmxmode=0666",
        "mode=0620",
        "gid=5",
      ]),
      filesystem("/dev/shm", "tmpfs", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
      filesystem("/dev/mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
      filesystem("/sys", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
    ],
    linux: {
      resources: {},
      namespaces: [{ type: "pid" }, { type: "network" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }],
      maskedPaths: ["/proc/keys", "/proc/timer_list", "/sys/firmware"],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"],
    },
  };
}

/** Sets the value at a JSON pointer, whatever its type: for configurations that are wrong on purpose. */
export function put(config: object, pointer: string, value: unknown): void {
  const keys = pointer.slice(1).split("/");
  const last = keys.pop() ?? "";
  let place = config as Record<string, unknown>;
  for (const key of keys) {
    place[key] ??= {};
    place = place[key] as Record<string, unknown>;
  }
  place[last] = value;
}

/** Takes namespaces away: the container shares them with its caller. */
export function share(config: Config, ...types: string[]): void {
  config.linux.namespaces = config.linux.namespaces.filter((one) => !types.includes(one.type));
}

/** Adds capabilities to the sets that let a process of uid 0 use them. */
export function allow(config: Config, ...names: string[]): void {
  for (const set of ["bounding", "effective", "permitted"] as const) {
    config.process.capabilities[set] = [...(config.process.capabilities[set] ?? []), ...names];
  }
}

/** A bind mount. */
export function bind(source: string, destination: string, ...options: string[]): Mount {
  return { destination, type: "bind", source, options: ["bind", ...options] };
}

/** A user namespace in which container ids 0..65535 are the host's 100000..165535. */
export const MAPPED = 100_000;

export function mapUsers(config: Config): void {
  const mapping = { containerID: 0, hostID: MAPPED, size: 65_536 };
  config.linux.namespaces.push({ type: "user" });
  config.linux.uidMappings = [mapping];
  config.linux.gidMappings = [mapping];
}
