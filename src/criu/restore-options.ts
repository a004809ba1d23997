/** The options of a request to restore (criu_opts of rpc.proto). Pure. */
import { CGROUP_MODES, CLONE_NEWNET, LOG_LEVEL, NETWORK_LOCKS } from "./options.ts";
import type { Message, Value } from "./protobuf.ts";

/** What the command line says. */
export interface RestoreOptions {
  readonly bundle: string;
  readonly "image-path": string;
  readonly "work-path": string | undefined;
  readonly "console-socket": string | undefined;
  readonly "pid-file": string | undefined;
  readonly detach: boolean;
  readonly "no-subreaper": boolean;
  readonly "no-pivot": boolean;
  readonly "tcp-established": boolean;
  readonly "tcp-close": boolean;
  readonly "ext-unix-sk": boolean;
  readonly "shell-job": boolean;
  readonly "file-locks": boolean;
  readonly "manage-cgroups-mode": keyof typeof CGROUP_MODES | undefined;
  readonly "empty-ns": "network" | undefined;
  readonly "auto-dedup": boolean;
  readonly "lazy-pages": boolean;
  readonly "lsm-profile": string | undefined;
  readonly "lsm-mount-context": string | undefined;
  readonly "network-lock": keyof typeof NETWORK_LOCKS | undefined;
}

export const RESTORE_LOG = "restore.log";

type Pair<A, B> = readonly (readonly [A, B])[];

/** What is known of the container and of the host. */
export interface RestoreFacts {
  /** A mount of the rootfs. */
  readonly root: string;
  /** Descriptors of this process. */
  readonly images: number;
  readonly work?: number;
  readonly configFile?: string;
  /** Names of mounts in the images, and what is mounted there. */
  readonly mounts: Pair<string, string>;
  /** Keys in the images, and CRIU's descriptors. */
  readonly inherited: Pair<string, number>;
  /** Controllers, and the directory from the hierarchy's root. */
  readonly cgroups: Pair<string, string>;
  /** Names of namespaces by CRIU, and their files. */
  readonly joins: Pair<string, string>;
}

export function restoreOptions(given: RestoreOptions, facts: RestoreFacts): Message {
  const lock = given["network-lock"];
  return new Map<number, Value | readonly Value[] | undefined>([
    [1, facts.images],
    [4, given["ext-unix-sk"]],
    [5, given["tcp-established"]],
    [7, given["shell-job"]],
    [8, given["file-locks"]],
    [9, LOG_LEVEL],
    [10, RESTORE_LOG],
    // It tells what it does, and waits for the answer.
    [12, true],
    [13, facts.root],
    [16, given["auto-dedup"]],
    [17, facts.work],
    [23, pairs(facts.mounts)],
    [24, true],
    [25, pairs(facts.cgroups)],
    // The container's init is this process's child, not CRIU's.
    [26, true],
    [27, pairs(facts.inherited)],
    [34, CGROUP_MODES[given["manage-cgroups-mode"] ?? "soft"]],
    [38, given["empty-ns"] === undefined ? 0 : CLONE_NEWNET],
    [39, pairs(facts.joins)],
    [48, given["lazy-pages"]],
    [50, true],
    [51, facts.configFile],
    [52, given["tcp-close"]],
    [53, given["lsm-profile"]],
    [63, given["lsm-mount-context"]],
    [64, lock === undefined ? undefined : NETWORK_LOCKS[lock]],
  ]);
}

const pairs = (list: Pair<string, string | number>): Message[] =>
  list.map(
    ([first, second]) =>
      new Map<number, string | number>([
        [1, first],
        [2, second],
      ]),
  );
