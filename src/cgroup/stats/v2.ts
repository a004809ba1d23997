/** Statistics out of the unified hierarchy, as runc tells them in the words of v1. Pure but for `read`. */
import { number, pressure, table, UNLIMITED } from "./parse.ts";
import {
  any,
  type BlkioEntry,
  type BlkioStats,
  type CpuStats,
  type CpusetStats,
  type HugetlbEntry,
  type MemoryEntry,
  type MemoryStats,
  some,
} from "./types.ts";
import { type Read, raw } from "./v1.ts";

/** Nanoseconds in a microsecond. */
const MICROSECOND = 1000n;

export function cpuV2(read: Read): CpuStats {
  const stat = table(read("cpu.stat"));
  const count = (name: string) => stat.get(name) ?? 0n;
  return {
    usage: {
      total: some(count("usage_usec") * MICROSECOND),
      kernel: count("system_usec") * MICROSECOND,
      user: count("user_usec") * MICROSECOND,
    },
    throttling: {
      periods: some(count("nr_periods")),
      throttledPeriods: some(count("nr_throttled")),
      throttledTime: some(count("throttled_usec") * MICROSECOND),
    },
    psi: pressure(read("cpu.pressure")),
  };
}

/** runc tells nothing of cpuset on v2, by zeros. */
export const CPUSET_V2: CpusetStats = {
  cpu_exclusive: 0n,
  mem_hardwall: 0n,
  mem_exclusive: 0n,
  memory_migrate: 0n,
  memory_spread_page: 0n,
  memory_spread_slab: 0n,
  memory_pressure: 0n,
  sched_load_balance: 0n,
  sched_relax_domain_level: 0n,
};

const NOTHING: MemoryEntry = { limit: 0n, failcnt: 0n };

/** Swap is told together with memory, as v1 counts it. */
export function memoryV2(read: Read): MemoryStats {
  const stat = table(read("memory.stat"));
  const usage = number(read("memory.current"));
  const limit = number(read("memory.max"));
  const swapLimit = number(read("memory.swap.max"));
  const both = swapLimit === UNLIMITED || limit === UNLIMITED ? UNLIMITED : swapLimit + limit;
  return {
    cache: some(stat.get("file") ?? 0n),
    usage: { limit, usage: some(usage), max: some(number(read("memory.peak"))), failcnt: 0n },
    swap: { limit: both, usage: some(usage + number(read("memory.swap.current"))), failcnt: 0n },
    kernel: NOTHING,
    kernelTCP: NOTHING,
    raw: raw(stat),
    psi: pressure(read("memory.pressure")),
  };
}

/** The counters of io.stat, by the list and the operation that they are in. */
const IO: Readonly<Record<string, readonly [list: string, op: string]>> = {
  rbytes: ["ioServiceBytesRecursive", "Read"],
  wbytes: ["ioServiceBytesRecursive", "Write"],
  dbytes: ["ioServiceBytesRecursive", "Discard"],
  rios: ["ioServicedRecursive", "Read"],
  wios: ["ioServicedRecursive", "Write"],
  dios: ["ioServicedRecursive", "Discard"],
};

/** "8:0 rbytes=1 wbytes=2 …" */
export function blkioV2(read: Read): BlkioStats {
  const lists: Record<string, BlkioEntry[]> = {};
  for (const line of (read("io.stat") ?? "").split("\n")) {
    const [, major, minor, rest = ""] = /^(\d+):(\d+) (.*)$/.exec(line) ?? [];
    if (major === undefined || minor === undefined) continue;
    for (const [, name = "", value = "0"] of rest.matchAll(/(\w+)=(\d+)/g)) {
      const [list, op] = IO[name] ?? [];
      if (list === undefined) continue;
      const entry = {
        major: some(BigInt(major)),
        minor: some(BigInt(minor)),
        op,
        value: some(BigInt(value)),
      };
      lists[list] = [...(lists[list] ?? []), entry];
    }
  }
  const psi = pressure(read("io.pressure"));
  return { ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, any(list)])), psi };
}

export function hugetlbV2(read: Read, sizes: readonly string[]): Record<string, HugetlbEntry> {
  return Object.fromEntries(
    sizes.map((size) => [
      size,
      {
        usage: some(number(read(`hugetlb.${size}.current`))),
        failcnt: table(read(`hugetlb.${size}.events`)).get("max") ?? 0n,
      },
    ]),
  );
}

/** Without a limit there is nothing to tell. */
export function pidsLimit(read: Read): bigint | undefined {
  const limit = number(read("pids.max"));
  return limit === UNLIMITED ? undefined : some(limit);
}
