/** How the kernel schedules the process and gives it memory (config.md, Process; config-linux.md). Pure. */
import type { IOPriority, MemoryPolicy, Personality, Scheduler, Spec, Uint64 } from "../spec/types.ts";
import type { Step } from "./steps.ts";

/** linux/sched.h. */
export const SCHEDULER_POLICIES: Readonly<Record<Scheduler["policy"], number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};

export const SCHEDULER_FLAGS: Readonly<Record<string, number>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
};

/** ioprio_set(2). */
export const IO_PRIORITY_CLASSES: Readonly<Record<IOPriority["class"], number>> = {
  IOPRIO_CLASS_RT: 1,
  IOPRIO_CLASS_BE: 2,
  IOPRIO_CLASS_IDLE: 3,
};

/** linux/mempolicy.h. */
export const MEMORY_POLICY_MODES: Readonly<Record<string, number>> = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
};

export const MEMORY_POLICY_FLAGS: Readonly<Record<string, number>> = {
  MPOL_F_STATIC_NODES: 0x8000,
  MPOL_F_RELATIVE_NODES: 0x4000,
  MPOL_F_NUMA_BALANCING: 0x2000,
};

/** personality(2). */
const PERSONALITIES: Readonly<Record<Personality["domain"], number>> = { LINUX: 0, LINUX32: 8 };

const unsigned = (value: Uint64 = 0): bigint => BigInt.asUintN(64, BigInt(value));

function flagsOf(names: readonly string[] = [], table: Readonly<Record<string, number>>): number {
  return names.reduce((flags, name) => flags | (table[name] ?? 0), 0);
}

export function schedulerStep(scheduler: Scheduler): Step {
  return {
    kind: "scheduler",
    pointer: "/process/scheduler",
    policy: SCHEDULER_POLICIES[scheduler.policy],
    flags: BigInt(flagsOf(scheduler.flags, SCHEDULER_FLAGS)),
    nice: (scheduler.nice ?? 0) >>> 0,
    priority: scheduler.priority ?? 0,
    runtime: unsigned(scheduler.runtime),
    deadline: unsigned(scheduler.deadline),
    period: unsigned(scheduler.period),
  };
}

/** A list like "0-2,5" as a mask of 64-bit words, lowest node first. */
export function nodeMask(list: string): Uint8Array {
  const nodes: number[] = [];
  for (const part of list.split(",").filter((text) => text.trim() !== "")) {
    const [first = 0, last = first] = part.split("-").map(Number);
    for (let node = first; node <= last; node++) nodes.push(node);
  }
  const words = nodes.length === 0 ? 0 : Math.floor(Math.max(...nodes) / 64) + 1;
  const mask = new Uint8Array(8 * words);
  for (const node of nodes) mask[node >> 3] = (mask[node >> 3] ?? 0) | (1 << (node & 7));
  return mask;
}

function memoryPolicyStep(policy: MemoryPolicy): Step {
  return {
    kind: "memoryPolicy",
    pointer: "/linux/memoryPolicy",
    mode: (MEMORY_POLICY_MODES[policy.mode] ?? 0) | flagsOf(policy.flags, MEMORY_POLICY_FLAGS),
    nodes: nodeMask(policy.nodes ?? ""),
  };
}

/** Steps that need privileges, before the user changes. */
export function schedulingSteps(spec: Pick<Spec, "process" | "linux">): Step[] {
  const steps: Step[] = [];
  const { process, linux } = spec;
  if (process?.scheduler !== undefined) steps.push(schedulerStep(process.scheduler));
  if (process?.ioPriority !== undefined) {
    const { class: name, priority = 0 } = process.ioPriority;
    const value = (IO_PRIORITY_CLASSES[name] << 13) | priority;
    steps.push({ kind: "ioPriority", pointer: "/process/ioPriority", value });
  }
  if (linux?.memoryPolicy !== undefined) steps.push(memoryPolicyStep(linux.memoryPolicy));
  if (linux?.personality !== undefined) {
    const domain = PERSONALITIES[linux.personality.domain];
    steps.push({ kind: "personality", pointer: "/linux/personality", domain });
  }
  return steps;
}
