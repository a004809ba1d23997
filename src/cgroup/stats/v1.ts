/** Statistics out of the controllers of cgroup v1. Pure but for `read`. */
import { number, numbers, ranges, table } from "./parse.ts";
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

/** A control file of the container's cgroup; undefined where it is not there. */
export type Read = (file: string) => string | undefined;

const NANOSECONDS = 1_000_000_000n;
/** USER_HZ, in which cpuacct.stat counts, on every architecture that is built for. */
const TICKS = 100n;

/** `cpu`: of the controller cpu, `accounting`: of cpuacct. */
export function cpuV1(cpu: Read, accounting: Read): CpuStats {
  const stat = table(accounting("cpuacct.stat"));
  const ticks = (name: string) => ((stat.get(name) ?? 0n) * NANOSECONDS) / TICKS;
  const throttling = table(cpu("cpu.stat"));
  // "cpu user system", a line for each.
  const perCpu = (accounting("cpuacct.usage_all") ?? "").trim().split("\n").slice(1).map(numbers);
  const column = (index: number) => any(perCpu.map((row) => row[index] ?? 0n));
  return {
    usage: {
      total: some(number(accounting("cpuacct.usage"))),
      percpu: any(numbers(accounting("cpuacct.usage_percpu"))),
      percpu_kernel: column(2),
      percpu_user: column(1),
      kernel: ticks("system"),
      user: ticks("user"),
    },
    throttling: {
      periods: some(throttling.get("nr_periods") ?? 0n),
      throttledPeriods: some(throttling.get("nr_throttled") ?? 0n),
      throttledTime: some(throttling.get("throttled_time") ?? 0n),
    },
  };
}

export function cpusetV1(read: Read): CpusetStats {
  return {
    cpus: any(ranges(read("cpuset.cpus"))),
    cpu_exclusive: number(read("cpuset.cpu_exclusive")),
    mems: any(ranges(read("cpuset.mems"))),
    mem_hardwall: number(read("cpuset.mem_hardwall")),
    mem_exclusive: number(read("cpuset.mem_exclusive")),
    memory_migrate: number(read("cpuset.memory_migrate")),
    memory_spread_page: number(read("cpuset.memory_spread_page")),
    memory_spread_slab: number(read("cpuset.memory_spread_slab")),
    memory_pressure: number(read("cpuset.memory_pressure")),
    sched_load_balance: number(read("cpuset.sched_load_balance")),
    sched_relax_domain_level: number(read("cpuset.sched_relax_domain_level")),
  };
}

export function memoryV1(read: Read): MemoryStats {
  const entry = (name: string): MemoryEntry => ({
    limit: number(read(`${name}.limit_in_bytes`)),
    usage: some(number(read(`${name}.usage_in_bytes`))),
    max: some(number(read(`${name}.max_usage_in_bytes`))),
    failcnt: number(read(`${name}.failcnt`)),
  });
  const stat = table(read("memory.stat"));
  return {
    cache: some(stat.get("cache") ?? 0n),
    usage: entry("memory"),
    swap: entry("memory.memsw"),
    kernel: entry("memory.kmem"),
    kernelTCP: entry("memory.kmem.tcp"),
    raw: raw(stat),
  };
}

/** Sorted, as Go prints a map. */
export function raw(stat: ReadonlyMap<string, bigint>): Readonly<Record<string, bigint>> | undefined {
  return stat.size === 0 ? undefined : Object.fromEntries([...stat].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Each list with the files that may have it: of the bfq scheduler, of cfq, of throttling. */
const BLKIO: Readonly<Record<string, readonly string[]>> = {
  ioServiceBytesRecursive: [
    "blkio.bfq.io_service_bytes_recursive",
    "blkio.io_service_bytes_recursive",
    "blkio.throttle.io_service_bytes_recursive",
    "blkio.throttle.io_service_bytes",
  ],
  ioServicedRecursive: [
    "blkio.bfq.io_serviced_recursive",
    "blkio.io_serviced_recursive",
    "blkio.throttle.io_serviced_recursive",
    "blkio.throttle.io_serviced",
  ],
  ioQueueRecursive: ["blkio.bfq.io_queued_recursive", "blkio.io_queued_recursive"],
  ioServiceTimeRecursive: ["blkio.bfq.io_service_time_recursive", "blkio.io_service_time_recursive"],
  ioWaitTimeRecursive: ["blkio.bfq.io_wait_time_recursive", "blkio.io_wait_time_recursive"],
  ioMergedRecursive: ["blkio.bfq.io_merged_recursive", "blkio.io_merged_recursive"],
  ioTimeRecursive: ["blkio.bfq.time_recursive", "blkio.time_recursive"],
  sectorsRecursive: ["blkio.bfq.sectors_recursive", "blkio.sectors_recursive"],
};

/** "8:0 Read 4096", or without the operation; the last line is a sum of all. */
function entries(text: string): BlkioEntry[] {
  return text.split("\n").flatMap((line) => {
    const [, major, minor, op, value] = /^(\d+):(\d+) (?:(\w+) )?(\d+)$/.exec(line) ?? [];
    if (major === undefined || minor === undefined || value === undefined) return [];
    return [{ major: some(BigInt(major)), minor: some(BigInt(minor)), op, value: some(BigInt(value)) }];
  });
}

export function blkioV1(read: Read): BlkioStats {
  const stats: Record<string, readonly BlkioEntry[]> = {};
  for (const [list, files] of Object.entries(BLKIO)) {
    const found = files.map((file) => entries(read(file) ?? "")).find(({ length }) => length > 0);
    if (found !== undefined) stats[list] = found;
  }
  return stats;
}

export function hugetlbV1(read: Read, sizes: readonly string[]): Record<string, HugetlbEntry> {
  return Object.fromEntries(
    sizes.map((size) => [
      size,
      {
        usage: some(number(read(`hugetlb.${size}.usage_in_bytes`))),
        max: some(number(read(`hugetlb.${size}.max_usage_in_bytes`))),
        failcnt: number(read(`hugetlb.${size}.failcnt`)),
      },
    ]),
  );
}
