/**
 * The statistics of `events`, member by member as runc prints them. A member that is undefined is left out, as one that
 * is zero and may be: `some` makes it so.
 */

export type Count = bigint;

export interface Pressure {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  /** Microseconds. */
  readonly total: Count;
}

export interface PressureStats {
  readonly some?: Pressure | undefined;
  readonly full?: Pressure | undefined;
}

/** Times are nanoseconds. */
export interface CpuStats {
  readonly usage: {
    readonly total?: Count | undefined;
    readonly percpu?: readonly Count[] | undefined;
    readonly percpu_kernel?: readonly Count[] | undefined;
    readonly percpu_user?: readonly Count[] | undefined;
    readonly kernel: Count;
    readonly user: Count;
  };
  readonly throttling: {
    readonly periods?: Count | undefined;
    readonly throttledPeriods?: Count | undefined;
    readonly throttledTime?: Count | undefined;
  };
  readonly psi?: PressureStats | undefined;
}

export interface CpusetStats {
  readonly cpus?: readonly number[] | undefined;
  readonly cpu_exclusive: Count;
  readonly mems?: readonly number[] | undefined;
  readonly mem_hardwall: Count;
  readonly mem_exclusive: Count;
  readonly memory_migrate: Count;
  readonly memory_spread_page: Count;
  readonly memory_spread_slab: Count;
  readonly memory_pressure: Count;
  readonly sched_load_balance: Count;
  readonly sched_relax_domain_level: Count;
}

/** Bytes. */
export interface MemoryEntry {
  readonly limit: Count;
  readonly usage?: Count | undefined;
  readonly max?: Count | undefined;
  readonly failcnt: Count;
}

export interface MemoryStats {
  readonly cache?: Count | undefined;
  readonly usage: MemoryEntry;
  readonly swap: MemoryEntry;
  readonly kernel: MemoryEntry;
  readonly kernelTCP: MemoryEntry;
  readonly raw?: Readonly<Record<string, Count>> | undefined;
  readonly psi?: PressureStats | undefined;
}

export interface BlkioEntry {
  readonly major?: Count | undefined;
  readonly minor?: Count | undefined;
  readonly op?: string | undefined;
  readonly value?: Count | undefined;
}

/** Lists by their names in runc's JSON. */
export type BlkioStats = { readonly [list: string]: readonly BlkioEntry[] | PressureStats | undefined };

export interface HugetlbEntry {
  readonly usage?: Count | undefined;
  readonly max?: Count | undefined;
  readonly failcnt: Count;
}

export interface Stats {
  readonly cpu: CpuStats;
  readonly cpuset: CpusetStats;
  readonly memory: MemoryStats;
  readonly pids: { readonly current?: Count | undefined; readonly limit?: Count | undefined };
  readonly blkio: BlkioStats;
  /** By the size of a page. */
  readonly hugetlb: Readonly<Record<string, HugetlbEntry>>;
  readonly intel_rdt: Readonly<Record<string, never>>;
  readonly network_interfaces: null;
}

/** Zero is left out. */
export function some(count: Count): Count | undefined {
  return count === 0n ? undefined : count;
}

/** So is an empty list. */
export function any<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
