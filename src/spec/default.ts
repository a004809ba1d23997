/** The config that `spec` prints: a shell in a rootfs beside it, as runc and crun have it. */
import { files } from "../native/index.ts";
import type { Mount, Namespace, Spec } from "./types.ts";
import { SPEC_VERSION } from "./version.ts";

export interface DefaultSpecOptions {
  /** For a caller who is not root: a user namespace, and nothing that needs more than that. */
  readonly rootless: boolean;
  /** Who is root inside, where rootless; the caller itself unless told. */
  readonly uid?: number;
  readonly gid?: number;
  /** A module's path in the rootfs, to be run in place of a shell. */
  readonly wasm?: string;
  /** Whether the host's cgroups are v2 alone: then the container gets a cgroup namespace. Looked up unless told. */
  readonly cgroup2?: boolean;
}

const CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

const MOUNTS: readonly Mount[] = [
  { destination: "/proc", type: "proc", source: "proc" },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
  {
    destination: "/dev/mqueue",
    type: "mqueue",
    source: "mqueue",
    options: ["nosuid", "noexec", "nodev"],
  },
  {
    destination: "/sys",
    type: "sysfs",
    source: "sysfs",
    options: ["nosuid", "noexec", "nodev", "ro"],
  },
  {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
  },
];

/** A sysfs of its own takes a network namespace of its own, which rootless has not: the host's is bound. */
const BOUND_SYS: Mount = {
  destination: "/sys",
  type: "none",
  source: "/sys",
  options: ["rbind", "nosuid", "noexec", "nodev", "ro"],
};

const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/sys/firmware",
  "/sys/devices/virtual/tpm",
  "/proc/scsi",
];

const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export function defaultSpec(options: DefaultSpecOptions): Spec {
  const { rootless, wasm, cgroup2 = hasCgroup2() } = options;
  const linux = rootless ? rootlessParts(options) : ROOT_PARTS;
  return {
    ociVersion: SPEC_VERSION,
    process: {
      terminal: wasm === undefined,
      user: { uid: 0, gid: 0 },
      args: [wasm === undefined ? "sh" : wasm.startsWith("/") ? wasm : `/${wasm}`],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      cwd: "/",
      // No ambient ones: they would have to be inheritable as well.
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: true },
    hostname: "ocirt",
    ...(wasm === undefined ? {} : { annotations: { "module.wasm.image/variant": "compat" } }),
    mounts: rootless ? MOUNTS.map(rootlessMount) : MOUNTS,
    linux: {
      ...linux,
      namespaces: namespaces(rootless, cgroup2),
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
    },
  };
}

const ROOT_PARTS = { resources: { devices: [{ allow: false, access: "rwm" }] } };

function rootlessParts(options: DefaultSpecOptions) {
  const { uid = process.geteuid?.() ?? 0, gid = process.getegid?.() ?? 0 } = options;
  return {
    uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
  };
}

function namespaces(rootless: boolean, cgroup2: boolean): Namespace[] {
  return [
    { type: "pid" },
    ...(rootless ? [] : [{ type: "network" } as const]),
    { type: "ipc" },
    { type: "uts" },
    { type: "mount" },
    ...(cgroup2 ? [{ type: "cgroup" } as const] : []),
    ...(rootless ? [{ type: "user" } as const] : []),
  ];
}

/** Ids that the mapping does not have cannot own a mount. */
function rootlessMount(mount: Mount): Mount {
  if (mount.destination === "/sys") return BOUND_SYS;
  if (mount.options === undefined) return mount;
  return { ...mount, options: mount.options.filter((option) => !/^[ug]id=/.test(option)) };
}

/** cgroups(7): a statfs(2) of the mount point tells v2. */
const CGROUP2_MAGIC = 0x6367_7270;

function hasCgroup2(): boolean {
  try {
    return files().fsType("/sys/fs/cgroup") === CGROUP2_MAGIC;
  } catch {
    return false;
  }
}
