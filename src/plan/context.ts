/** What a plan depends on besides config.json. All of it is given, so that planning needs no kernel. */
import type { Seccomp } from "../spec/types.ts";

/** One cgroup hierarchy as the container shall see it. */
export interface CgroupView {
  /** The name of its directory below the cgroup mount; "" for the one of cgroup v2. */
  readonly directory: string;
  /** Options of a mount of its own: the controllers, or "name=…". */
  readonly options: readonly string[];
  /** The container's cgroup on the host. */
  readonly source: string;
}

/** How many descriptors init gets at which index (src/container/launch.ts passes them in this order). */
export const INHERITED = { startSocket: 0, addon: 1, hookOut: 2, hookErr: 3, joined: 4 } as const;

export interface PlanContext {
  readonly id: string;
  /** Absolute. */
  readonly bundle: string;
  /** The rootfs, absolute. */
  readonly rootfs: string;
  /** create: the process waits for `start`. run: it starts at once. */
  readonly waits: boolean;
  readonly preserveFds: number;
  /** Of the caller's terminal, for a container's without consoleSize. */
  readonly terminalSize?: readonly [columns: number, rows: number] | undefined;
  /** The caller's soft limit of open files, for a container without RLIMIT_NOFILE. */
  readonly openFiles?: number | undefined;
  readonly noPivot: boolean;
  readonly noNewKeyring: boolean;
  readonly cgroupVersion: 1 | 2;
  /** Empty where the container has no cgroup of its own. */
  readonly cgroups: readonly CgroupView[];
  /** Directories of cgroup v1 that init has to join. */
  readonly joinable: readonly string[];
  /** Whether somebody else puts init into its cgroups, while it waits. */
  readonly hostJoins: boolean;
  /** The state that hooks get, before and after the pid's digits, with this status. */
  readonly hookState: (status: "creating" | "created") => { head: Uint8Array; tail: Uint8Array };
  /** The caller's environment, for hooks that have none of their own. */
  readonly callerEnv: readonly string[];
  /** `strict`: a system call that nobody knows is an error. */
  readonly compileSeccomp: (
    seccomp: Seccomp,
    strict: boolean,
  ) => { readonly bpf: Uint8Array; readonly flags: number };
  readonly warn: (text: string) => void;
  /** Whether SELinux is in force on this host. */
  readonly selinux: () => boolean;
  /** The executable, for the Wasm engine. */
  readonly executable: string;
  /** The first bytes of a file of the rootfs; undefined where there is none. */
  readonly headOf: (path: string) => Uint8Array | undefined;
  /** The name that the program was called by. */
  readonly argv0: string;
}

/** The part that mounts depend on. */
export type MountContext = Pick<PlanContext, "bundle" | "cgroups" | "cgroupVersion" | "warn" | "selinux">;
