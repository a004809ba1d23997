/** A limit that leaves no room for init: what fails then is anything but the field. Loaded where a create fails. */
import { OcirtError } from "../errors.ts";
import type { LimitWrite } from "./limits.ts";
import type { CgroupPlan } from "./plan.ts";
import { table } from "./stats/parse.ts";
import { readControl } from "./write.ts";

const MEMORY = new Set(["memory.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]);
/** What a system call says where the limit refuses it memory; execve(2) takes it for the arguments' fault. */
const NO_MEMORY = new Set(["ENOMEM", "E2BIG"]);

const count = (directory: string, file: string, key: string): bigint =>
  table(readControl(directory, file)).get(key) ?? 0n;

/** Whether a process of the cgroup, which is new, was killed for memory. */
const wasKilled = (directory: string): boolean =>
  count(directory, "memory.events", "oom_kill") > 0n ||
  count(directory, "memory.oom_control", "oom_kill") > 0n;

const hasReached = (directory: string): boolean =>
  count(directory, "memory.events", "max") > 0n || Number(readControl(directory, "memory.failcnt") ?? 0) > 0;

function isReason({ file }: LimitWrite, directory: string, errno: string | undefined): boolean {
  if (file === "pids.max") return errno === "EAGAIN" && count(directory, "pids.events", "max") > 0n;
  if (!MEMORY.has(file)) return false;
  return errno === undefined ? wasKilled(directory) : NO_MEMORY.has(errno) && hasReached(directory);
}

/** Below it a limit of memory may be what ended an init that left no counters behind, in bytes. */
const SMALL = 8 * 1024 * 1024;

/** systemd removes the cgroup of a scope, and so its counters, with the last process. */
const hasVanished = (directory: string): boolean => readControl(directory, "cgroup.procs") === undefined;

/**
 * The error with which init failed, or one in its place that names the limit, as the cgroup's own counters tell.
 * `inUnit`: systemd had started the unit.
 */
export function starvedBy({ hierarchies }: CgroupPlan, error: unknown, inUnit: boolean): unknown {
  if (!(error instanceof OcirtError)) return error;
  const { errno, pointer } = error.facts;
  const named = (directory: string, write: LimitWrite, verb: string) =>
    new OcirtError({
      action: "start init in the cgroup",
      path: directory,
      pointer: write.pointer,
      reason: `the limit ${write.value} in \`${write.file}\` ${verb} no room for it`,
      cause: error,
    });
  for (const { directory, writes } of hierarchies) {
    // The last one is in force.
    const write = writes.findLast((one) => isReason(one, directory, errno));
    if (write !== undefined) return named(directory, write, "leaves");
    if (!inUnit || errno !== undefined || pointer !== undefined || !hasVanished(directory)) continue;
    const small = writes.findLast(({ file, value }) => MEMORY.has(file) && Number(value) < SMALL);
    if (small !== undefined) return named(directory, small, "may leave");
  }
  return error;
}
