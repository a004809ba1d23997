/** The options of a request (criu_opts of rpc.proto). Pure. */
import { OcirtError } from "../errors.ts";
import type { Message } from "./protobuf.ts";

/** What the command line says. */
export interface CheckpointOptions {
  readonly "image-path": string;
  readonly "work-path": string | undefined;
  readonly "parent-path": string | undefined;
  readonly "leave-running": boolean;
  readonly "pre-dump": boolean;
  readonly "tcp-established": boolean;
  readonly "ext-unix-sk": boolean;
  readonly "shell-job": boolean;
  readonly "file-locks": boolean;
  readonly "manage-cgroups-mode": keyof typeof CGROUP_MODES | undefined;
  readonly "page-server": string | undefined;
  readonly "empty-ns": "network" | undefined;
  readonly "auto-dedup": boolean;
  readonly "tcp-skip-in-flight": boolean;
  readonly "link-remap": boolean;
  readonly "lazy-pages": boolean;
  readonly "status-fd": string | undefined;
  readonly "network-lock": keyof typeof NETWORK_LOCKS | undefined;
}

/** criu_cg_mode. */
export const CGROUP_MODES = { ignore: 0, soft: 3, full: 4, strict: 5 } as const;
/** criu_network_lock_method. */
export const NETWORK_LOCKS = { iptables: 1, nftables: 2, skip: 3 } as const;
export const CLONE_NEWNET = 0x4000_0000;
export const LOG_LEVEL = 4;
export const LOG_FILE = "dump.log";

/** What is known of the container and of the host. */
export interface DumpFacts {
  readonly pid: number;
  readonly rootfs: string;
  /** Descriptors of this process. */
  readonly images: number;
  readonly work?: number;
  readonly freezer?: string;
  readonly configFile?: string;
  /** Mount points and their names in the images. */
  readonly mounts: readonly (readonly [point: string, name: string])[];
  /** `net[INODE]:extRootNetNS`. */
  readonly external: readonly string[];
}

export function dumpOptions(given: CheckpointOptions, facts: DumpFacts): Message {
  const mode = given["manage-cgroups-mode"];
  const parent = given["parent-path"];
  const lock = given["network-lock"];
  return new Map<number, Message extends ReadonlyMap<number, infer V> ? V : never>([
    [1, facts.images],
    [2, facts.pid],
    [3, given["leave-running"]],
    [4, given["ext-unix-sk"]],
    [5, given["tcp-established"]],
    [7, given["shell-job"]],
    [8, given["file-locks"]],
    [9, LOG_LEVEL],
    [10, LOG_FILE],
    [11, pageServer(given["page-server"])],
    [12, true],
    [13, facts.rootfs],
    [14, parent],
    [15, parent === undefined ? undefined : true],
    [16, given["auto-dedup"]],
    [17, facts.work],
    [18, given["link-remap"]],
    // What is saved with the mounts is not asked for by a pre-dump.
    [
      23,
      given["pre-dump"]
        ? undefined
        : facts.mounts.map(
            ([point, name]) =>
              new Map([
                [1, point],
                [2, name],
              ]),
          ),
    ],
    [24, true],
    [34, CGROUP_MODES[mode ?? "soft"]],
    [37, facts.external],
    [38, given["empty-ns"] === undefined ? 0 : CLONE_NEWNET],
    [44, facts.freezer],
    [46, given["tcp-skip-in-flight"]],
    [48, given["lazy-pages"]],
    [50, true],
    [51, facts.configFile],
    [64, lock === undefined ? undefined : NETWORK_LOCKS[lock]],
  ]);
}

/** criu_page_server_info. */
function pageServer(text: string | undefined): Message | undefined {
  if (text === undefined) return undefined;
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  if (colon > 0 && Number.isInteger(port) && port > 0 && port < 65536)
    return new Map<number, string | number>([
      [1, text.slice(0, colon)],
      [2, port],
    ]);
  throw new OcirtError({
    action: "checkpoint the container",
    path: text,
    reason: "--page-server is not ADDRESS:PORT",
  });
}
