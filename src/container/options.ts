/** What a command line says, in the terms of the lifecycle functions. Types only. */
import type { ProcessOptions } from "../plan/exec.ts";

/** A driver of cgroups. `disabled` makes none. */
export type CgroupManager = "cgroupfs" | "systemd" | "disabled";

export type LogFormat = "text" | "json";

export interface GlobalOptions {
  /** The state directory; one directory per container in it. */
  readonly root: string;
  /** Whether --root was given: `list` refuses an explicit root that does not exist. */
  readonly rootGiven: boolean;
  readonly cgroupManager: CgroupManager;
  /** `auto`: decided by the caller's effective uid. */
  readonly rootless: boolean | "auto";
  readonly debug: boolean;
  /** What --log said; where messages go is src/cli/log.ts's to know. */
  readonly log?: string;
  readonly logFormat: LogFormat;
}

export interface CreateOptions {
  readonly id: string;
  /** The bundle directory as given; the caller's directory unless told. */
  readonly bundle: string;
  /** The configuration, relative to the bundle; config.json unless told. */
  readonly config?: string;
  /** Gets the pid of init in digits only, relative to the caller's directory. */
  readonly pidFile?: string;
  /** AF_UNIX socket that receives the terminal's master. */
  readonly consoleSocket?: string;
  /** AF_UNIX socket that receives a pidfd of the container's process. */
  readonly pidfdSocket?: string;
  /** Count of descriptors from 3 on that the process inherits. */
  readonly preserveFds: number;
  /** MS_MOVE and chroot in place of pivot_root, for a root on the initramfs. */
  readonly noPivot: boolean;
  /** Keeps the caller's session keyring. */
  readonly noNewKeyring: boolean;
  /** Only the plan is wanted: nothing may be written, not even to the cache of compiled filters. */
  readonly planOnly?: boolean;
}

export interface RunOptions extends CreateOptions {
  readonly detach: boolean;
  /** Leaves the container's state behind when its process has ended. */
  readonly keep: boolean;
  /** Does not become the reaper of the container's orphans. */
  readonly noSubreaper: boolean;
}

export interface ExecOptions extends ProcessOptions {
  readonly id: string;
  /** The file of a process, in place of the container's. */
  readonly process?: string;
  readonly detach: boolean;
  readonly pidFile?: string;
  readonly consoleSocket?: string;
  /** AF_UNIX socket that receives a pidfd of the process. */
  readonly pidfdSocket?: string;
  readonly preserveFds: number;
  /** `[CONTROLLER[,CONTROLLER]:]PATH` below the container's cgroup. */
  readonly cgroups: readonly string[];
  readonly ignorePaused: boolean;
}

/** What `create --dry-run` and `run --dry-run` print. */
export type PlanFormat = "text" | "json";
