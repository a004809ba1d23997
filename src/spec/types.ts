/**
 * config.json of the OCI runtime specification 1.3, as much of it as concerns Linux. Members are named as in
 * JSON; what the specification leaves out of a config is left out here, never null (the loader drops nulls,
 * as Go's decoder does).
 */
import type { Resources } from "./types-resources.ts";
import type { Seccomp } from "./types-seccomp.ts";

export type * from "./types-report.ts";
export type * from "./types-resources.ts";
export type * from "./types-seccomp.ts";

/** An int64 of the specification: a bigint exactly where a number cannot hold it (beyond ±(2^53-1)). */
export type Int64 = number | bigint;
/** A uint64 of the specification: a bigint exactly where a number cannot hold it (beyond 2^53-1). */
export type Uint64 = number | bigint;

export type StringMap = { readonly [key: string]: string };

export interface Spec {
  readonly ociVersion: string;
  readonly root?: Root;
  readonly mounts?: readonly Mount[];
  readonly process?: Process;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly hooks?: Hooks;
  readonly annotations?: StringMap;
  readonly linux?: Linux;
}

export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

export interface Mount {
  /** Absolute by the specification; a relative one is taken below `/`. */
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  /** Id mapping of this mount; given together with gidMappings. */
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface Process {
  readonly terminal?: boolean;
  readonly consoleSize?: ConsoleSize;
  readonly user?: User;
  /** Absent where the container never runs a program; `start` then refuses. */
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly capabilities?: Capabilities;
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
  /** -1000 to 1000. */
  readonly oomScoreAdj?: number;
  readonly scheduler?: Scheduler;
  readonly ioPriority?: IOPriority;
  readonly execCPUAffinity?: CpuAffinity;
}

/** In characters. */
export interface ConsoleSize {
  readonly height: number;
  readonly width: number;
}

export interface User {
  /** Absent means 0, as for Go's decoder. */
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
  /** Of Windows; accepted and without meaning here. */
  readonly username?: string;
}

/** Names like CAP_SYS_ADMIN; a name that the kernel does not know calls for a warning, not an error. */
export interface Capabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly permitted?: readonly string[];
  readonly ambient?: readonly string[];
}

export interface Rlimit {
  /** RLIMIT_NOFILE and so on. */
  readonly type: string;
  readonly hard: Uint64;
  readonly soft: Uint64;
}

/** sched_setattr(2). */
export interface Scheduler {
  readonly policy: SchedulerPolicy;
  /** -20 to 19. */
  readonly nice?: number;
  readonly priority?: number;
  readonly flags?: readonly string[];
  /** Nanoseconds, SCHED_DEADLINE only; so are deadline and period. */
  readonly runtime?: Uint64;
  readonly deadline?: Uint64;
  readonly period?: Uint64;
}

export type SchedulerPolicy =
  | "SCHED_OTHER"
  | "SCHED_FIFO"
  | "SCHED_RR"
  | "SCHED_BATCH"
  | "SCHED_ISO"
  | "SCHED_IDLE"
  | "SCHED_DEADLINE";

/** ioprio_set(2). */
export interface IOPriority {
  readonly class: "IOPRIO_CLASS_RT" | "IOPRIO_CLASS_BE" | "IOPRIO_CLASS_IDLE";
  /** 0 (highest) to 7. */
  readonly priority?: number;
}

/** CPU lists like "0-3,7" for a process of `exec`: before and after it joins the container's cgroup. */
export interface CpuAffinity {
  readonly initial?: string;
  readonly final?: string;
}

export interface Hooks {
  /** Deprecated by the specification, still used by docker. */
  readonly prestart?: readonly Hook[];
  readonly createRuntime?: readonly Hook[];
  readonly createContainer?: readonly Hook[];
  readonly startContainer?: readonly Hook[];
  readonly poststart?: readonly Hook[];
  readonly poststop?: readonly Hook[];
}

export type HookKind = keyof Hooks;

export interface Hook {
  /** Absolute. */
  readonly path: string;
  /** With argv[0]. */
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds, at least 1. */
  readonly timeout?: number;
}

export interface Linux {
  readonly namespaces?: readonly Namespace[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly timeOffsets?: { readonly [clock: string]: TimeOffset };
  readonly devices?: readonly Device[];
  /** By the interface's name on the host. */
  readonly netDevices?: { readonly [interfaceName: string]: NetDevice };
  readonly cgroupsPath?: string;
  readonly resources?: Resources;
  readonly intelRdt?: IntelRdt;
  readonly memoryPolicy?: MemoryPolicy;
  readonly sysctl?: StringMap;
  readonly seccomp?: Seccomp;
  readonly rootfsPropagation?: string;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly mountLabel?: string;
  readonly personality?: Personality;
}

export type NamespaceType = "pid" | "network" | "mount" | "ipc" | "uts" | "user" | "cgroup" | "time";

export interface Namespace {
  readonly type: NamespaceType;
  /** The namespace to join, absolute; absent or empty means a new one. */
  readonly path?: string;
}

/** time_namespaces(7): the clock's offset is secs + nanosecs. */
export interface TimeOffset {
  readonly secs?: Int64;
  /** Below 10^9. */
  readonly nanosecs?: number;
}

export interface Device {
  readonly path: string;
  /** Character (c, u), block, or fifo. */
  readonly type: "c" | "b" | "u" | "p";
  /** Absent for a fifo only; so is minor. */
  readonly major?: number;
  readonly minor?: number;
  /** Permission bits, as a decimal number in JSON. */
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface NetDevice {
  /** Its name in the container; absent keeps the host's. */
  readonly name?: string;
}

/** resctrl: the container's class of service. */
export interface IntelRdt {
  readonly closID?: string;
  readonly schemata?: readonly string[];
  readonly l3CacheSchema?: string;
  readonly memBwSchema?: string;
  readonly enableMonitoring?: boolean;
  /** Deprecated in favour of enableMonitoring; so is enableMBM. */
  readonly enableCMT?: boolean;
  readonly enableMBM?: boolean;
}

/** set_mempolicy(2). */
export interface MemoryPolicy {
  /** MPOL_BIND and so on. */
  readonly mode: string;
  /** A list of NUMA nodes like "0-1,3". */
  readonly nodes?: string;
  /** MPOL_F_STATIC_NODES and so on. */
  readonly flags?: readonly string[];
}

/** personality(2). */
export interface Personality {
  readonly domain: "LINUX" | "LINUX32";
  readonly flags?: readonly string[];
}
