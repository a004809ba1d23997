/**
 * The one definition of the steps: which kinds there are and which fields each has. The TypeScript types and
 * encoder, the names in the dry run, and the C structs of init (build/native/steps.gen.h) all come from it.
 *
 * Each field takes one 8-byte slot of its step's record, so that C reads a record in place.
 */

/** u32, u64: numbers; str: UTF-8 with a NUL; bytes: any; strs: list of str; u32s: list of u32. */
export type FieldKind = "u32" | "u64" | "str" | "bytes" | "strs" | "u32s";

export const STEPS = {
  /** After the id mappings are written: become uid and gid 0 of the user namespace. */
  becomeRoot: {},
  /** setsid(2): init leads a session of its own. */
  session: {},
  /** Joins a new session keyring of that name. */
  sessionKeyring: { name: "str" },
  /** Makes a time namespace with the lines for /proc/self/timens_offsets and enters it. */
  timeNamespace: { offsets: "str" },
  /** Writes init itself to the `tasks` files of cgroups v1: one thread moves without the wait that a process has. */
  joinCgroups: { files: "strs" },
  /** Writes its own oom_score_adj. */
  oomScore: { score: "str" },
  /** sched_setaffinity(2) with a mask; where it isn't required, a refusal is no failure. */
  cpuAffinity: { cpus: "bytes", required: "u32" },
  /** Opens the files that `enterCgroups` writes init itself to, while they are in sight. */
  openCgroups: { files: "strs" },
  /** Joins namespaces (CLONE_NEW*) of a process and goes on as a new process in them, a sibling of the first. */
  enterContainer: {
    /** Its pidfd, and the directory of a cgroup v2 or 0 for none: inherited descriptors, by their index. */
    pidfd: "u32",
    cgroup: "u32",
    pid: "u32",
    flags: "u32",
  },
  enterCgroups: {},
  /** Enters a time namespace by an inherited descriptor. */
  joinTime: { fd: "u32" },
  /** unshare(CLONE_NEWCGROUP): its root is the cgroup that init is in at this moment. */
  cgroupNamespace: {},
  hostname: { name: "str" },
  domainname: { name: "str" },
  /** Sets the interface lo of the new network namespace up. */
  loopback: {},
  /** Writes a file below the host's /proc/sys, before the pivot. */
  sysctl: { file: "str", value: "str" },
  /** Changes the propagation (MS_SLAVE, …) of every mount of the new namespace. */
  hostPropagation: { flags: "u32" },
  /** Makes the rootfs a mount of its own and keeps it open as the root of all the paths that follow. */
  rootfs: {
    path: "str",
    /** 1: the mount that it lies in may be shared with the host, and is made private. */
    isolate: "u32",
    /** 1: it is a tree of its own in no mount namespace, for a container in its caller's (Linux 6.15). */
    detached: "u32",
  },
  /** A new file system: options are "key" or "key=value", attributes MOUNT_ATTR_*, propagation MS_* in order. */
  mount: {
    target: "str",
    type: "str",
    source: "str",
    options: "strs",
    attributes: "u64",
    propagation: "u32s",
    /** 1: where the options name no mode, the mount point's own is taken. */
    inheritMode: "u32",
    /** 1: the mount point must be an ordinary directory, no symbolic link. */
    ordinary: "u32",
    /** 1: what is at the mount point is copied into the new file system. */
    copyUp: "u32",
  },
  /** A copy of part of the host's tree, with attributes set and cleared on its top and on all of it. */
  bind: {
    source: "str",
    target: "str",
    recursive: "u32",
    /** BIND_FLAGS. */
    flags: "u32",
    set: "u64",
    clear: "u64",
    setAll: "u64",
    clearAll: "u64",
    propagation: "u32s",
  },
  /** Detaches what is mounted there last, and all below it. */
  unmount: { target: "str" },
  /** Changes attributes of a mount that is there. */
  remount: { target: "str", set: "u64", clear: "u64", propagation: "u32s" },
  /** Makes a directory and its parents inside the rootfs. */
  directory: { target: "str", mode: "u32" },
  /** A device node, or a bind mount of the host's where mknod(2) is refused. */
  device: { target: "str", mode: "u32", major: "u32", minor: "u32", uid: "u32", gid: "u32" },
  symlink: { target: "str", text: "str" },
  /** A pseudo terminal of the container's devpts: its master goes to the host; `bound`: its slave to /dev/console. */
  console: { columns: "u32", rows: "u32", uid: "u32", gid: "u32", bound: "u32" },
  /** Waits until the host has moved init into its cgroup and set what only the host can. */
  awaitHost: {},
  /** Tells the host that this phase is reached and waits until it has run its hooks. */
  notify: { phase: "u32" },
  /** A hook that runs in the container's namespaces; the state is head, pid, tail. */
  hook: {
    path: "str",
    args: "strs",
    env: "strs",
    timeout: "u32",
    head: "bytes",
    tail: "bytes",
    cwd: "str",
    /** Inherited descriptors, by their index, that its output goes to; one that is not there keeps it. */
    out: "u32",
    err: "u32",
  },
  /** Before the Wasm engine: a child waits for `start`, runs that many hooks that follow, and wakes the engine. */
  startHooks: { socket: "u32", count: "u32" },
  maskPath: { path: "str" },
  readonlyPath: { path: "str" },
  rootReadonly: {},
  pivotRoot: {},
  /** Instead of a pivot, where the root is an initramfs: MS_MOVE and chroot. */
  moveRoot: {},
  /** For a detached rootfs: chroot(2) into it. */
  changeRoot: {},
  rootPropagation: { flags: "u32" },
  umask: { mask: "u32" },
  rlimit: { resource: "u32", soft: "u64", hard: "u64" },
  /** Lowers a soft limit; the hard one stays. */
  softLimit: { resource: "u32", soft: "u64" },
  /** sched_setattr(2); nice as the u32 of its two's complement. */
  scheduler: {
    policy: "u32",
    flags: "u64",
    nice: "u32",
    priority: "u32",
    runtime: "u64",
    deadline: "u64",
    period: "u64",
  },
  ioPriority: { value: "u32" },
  /** set_mempolicy(2): mode with its flags, a mask of nodes. */
  memoryPolicy: { mode: "u32", nodes: "bytes" },
  personality: { domain: "u32" },
  /**
   * Writes the label that the next execve takes, to a file of the host's /proc/self/attr. Where a module is named
   * that the kernel has not enabled, the label is left out with a warning.
   */
  label: { files: "strs", value: "str", module: "str" },
  /** Drops from the bounding set what is not in the mask; tells the host which of the wanted can't be had. */
  boundingSet: { mask: "u64", wanted: "u64" },
  /** Groups and ids; permitted capabilities are kept until the step capabilities. */
  user: { uid: "u32", gid: "u32", groups: "u32s", setGroups: "u32" },
  workingDirectory: { path: "str" },
  /** Tells the host that all is ready; the host may be gone after it. */
  ready: {},
  /** Waits for a connection to the start socket (an inherited descriptor, by its index). */
  awaitStart: { socket: "u32" },
  noNewPrivileges: {},
  /** A compiled filter (struct sock_filter[]) and the flags of seccomp(2). */
  seccomp: { filter: "bytes", flags: "u32" },
  capabilities: { effective: "u64", permitted: "u64", inheritable: "u64", ambient: "u64" },
  /** Looks the program up among the candidates; the first that can be executed is remembered. */
  findProgram: { candidates: "strs" },
  /** Looks the user's home directory up in the rootfs' passwd(5), for an environment without HOME. */
  findHome: { uid: "u32" },
  /** Marks every descriptor from this one on to be closed by execve. */
  closeFrom: { fd: "u32" },
  /** The end of a container that has no process to start. */
  noProcess: {},
  /** execve(2) of the program found, with the HOME that was found. */
  execute: { args: "strs", env: "strs" },
  /** Opens the ocirt executable, then forks the privileged helper that pivots under the Wasm engine. */
  pivotHelper: { path: "str" },
  /** exec: opens the executable and what its loader will look for, while the host's files are in sight. */
  openEngine: {
    path: "str",
    /** The container's init: its executable is taken where the caller may not copy a mount. */
    pid: "u32",
    /** The loader's path, and the names of the libraries, which are in the directory of its file. */
    loader: "str",
    libraries: "strs",
  },
  /**
   * exec: makes a tree with these files and the container's proc, forks the helper that moves the engine out of it, and
   * readies the socket (an inherited descriptor, by its index) that the engine waits for `start` at: it may go on at once.
   */
  engineView: { socket: "u32" },
  /** exec: chroot(2) into that tree. */
  enterView: {},
  /** Opens the module inside the rootfs as the container's user, and sends it with the engine's request. */
  openModule: { candidates: "strs", request: "bytes", socket: "u32" },
  /** Becomes the Wasm engine; its addon is an inherited descriptor, by its index. */
  engine: { args: "strs", env: "strs", addon: "u32" },
} as const satisfies Record<string, Record<string, FieldKind>>;

export type StepKind = keyof typeof STEPS;

interface FieldTypes {
  u32: number;
  u64: bigint;
  str: string;
  bytes: Uint8Array;
  strs: readonly string[];
  u32s: readonly number[];
}

type FieldsOf<K extends StepKind> = {
  readonly [F in keyof (typeof STEPS)[K]]: (typeof STEPS)[K][F] extends FieldKind
    ? FieldTypes[(typeof STEPS)[K][F]]
    : never;
};

/** One step, with the place in config.json (a JSON pointer) that asks for it. */
export type Step = {
  [K in StepKind]: { readonly kind: K; readonly pointer?: string } & FieldsOf<K>;
}[StepKind];

export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;

export const STEP_KINDS = Object.keys(STEPS) as StepKind[];

/** What is special about a bind mount. */
export const BIND_FLAGS = {
  /** The host opens the source and maps its ids; init gets it ready. */
  fromHost: 1,
  /** A source that is a symbolic link is not followed … */
  sourceNoFollow: 2,
  /** … nor a mount point that is one. */
  targetNoFollow: 4,
  /** A source that is a symbolic link is made again in the rootfs. */
  copySymlink: 8,
} as const;

/** The phases that init tells the host of. */
export const PHASES = { runtimeHooks: 1 } as const;

/** Set by the build: hashing the table takes longer than encoding a plan. */
declare const OCIRT_TABLE_VERSION: number | undefined;

/** A checksum of the table (FNV-1a): init refuses a plan that was encoded by another table. */
export function tableVersion(): number {
  if (typeof OCIRT_TABLE_VERSION !== "undefined") return OCIRT_TABLE_VERSION;
  let hash = 0x811c9dc5;
  const text = JSON.stringify(STEPS);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
