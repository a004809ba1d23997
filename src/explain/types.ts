/** What `explain` judges by, and what it says. Types only. */
import type { HostFacts } from "../doctor/finding.ts";
import type { NamespacePlan } from "../plan/namespaces.ts";

/** Whether this host and user can do a step. */
export interface Verdict {
  /** warning: something is left out, or only `create` itself can tell. */
  readonly status: "ok" | "warning" | "failure";
  readonly reason?: string;
  readonly remedy?: string;
}

/** Before init is there; in init, at `create`; in init, at `start`; after it. */
export type Stage = "host" | "init" | "start" | "after";

/** One step of `create` or of what follows it. The JSON of `explain` has them as they are. */
export interface Explained extends Verdict {
  readonly stage: Stage;
  /** A kind of src/plan/steps.ts for init's, of HOST_KINDS for the others. */
  readonly kind: string;
  /** In words. */
  readonly what: string;
  /** The place in config.json that asks for it. */
  readonly pointer?: string;
  /** The fields of one of init's steps; a limit's file and value. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What the runtime does outside of init. */
export const HOST_KINDS = [
  "config",
  "record",
  "scope",
  "cgroup",
  "limit",
  "devices",
  "namespace",
  "joinNamespace",
  "idMappings",
  "oomScoreAdj",
  "netDevice",
  "resctrl",
  "runtimeHook",
  "seccompAgent",
] as const;

export type HostKind = (typeof HOST_KINDS)[number];

/** The host and the caller, as far as steps depend on them. The functions only look. */
export interface ExplainFacts {
  readonly host: HostFacts;
  /** The caller's effective and bounding sets, as masks. */
  readonly capabilities: { readonly effective: bigint; readonly bounding: bigint };
  /** /proc/filesystems. */
  readonly filesystems: ReadonlySet<string>;
  /** The file system type of the caller's root. */
  readonly rootType: string;
  /** The caller's hard limits, by the number of setrlimit(2). */
  readonly hardLimits: ReadonlyMap<number, bigint>;
  readonly oomScoreAdj: number;
  /** The errno's name of looking a path of the host up, "" where it is there. */
  readonly find: (path: string, follow?: boolean) => string;
  readonly mode: (path: string) => number | undefined;
  /** Names in a directory of the host; none where it can't be read. */
  readonly list: (path: string) => readonly string[];
  /** A file of the host, trimmed; undefined where it can't be read. */
  readonly text: (path: string) => string | undefined;
  /** Whether the caller may make entries in a directory. */
  readonly mayWrite: (path: string) => boolean;
  /** The first bytes of an ordinary file of the rootfs. */
  readonly headOf: (path: string) => Uint8Array | undefined;
  /** st_mode of a file of the rootfs. */
  readonly modeInRoot: (path: string) => number | undefined;
  /** This host's e_machine of elf(5). */
  readonly machine: number;
}

export interface Judged {
  readonly facts: ExplainFacts;
  readonly namespaces: NamespacePlan;
  /** Mount points of the configuration: what is below them is not the rootfs'. */
  readonly mountPoints: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Directories that are not there yet: the container's cgroups. */
  readonly made: ReadonlySet<string>;
}

export const OK: Verdict = { status: "ok" };
export const fails = (reason: string, remedy?: string): Verdict => ({
  status: "failure",
  reason,
  ...(remedy === undefined ? {} : { remedy }),
});
export const warns = (reason: string, remedy?: string): Verdict => ({
  ...fails(reason, remedy),
  status: "warning",
});
