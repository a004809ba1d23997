/** Limits, and the control files that hold them: docs/resources.md at its edges. */
import { readdirSync, readFileSync } from "node:fs";
import type { Driver, Files, Name, Resources } from "./place.ts";

export interface Row {
  readonly resources: Resources;
  /** What is other than in a container without resources; without it, the row is not for that version. */
  readonly v1?: Files;
  readonly v2?: Files;
  /** Under systemd, too: the virtual machine takes long for each container. */
  readonly systemd?: true;
  /** Where a peer of today does otherwise, what it does and why ocirt doesn't. */
  readonly differs?: readonly Difference[];
}

export interface Difference {
  readonly peer: Exclude<Name, "ocirt">;
  readonly on: "v1" | "v2";
  /** With which driver alone. */
  readonly driver?: Driver;
  readonly holds: Files | "refuses";
  readonly why: string;
}

const MiB = 1024 * 1024;
const M64 = String(64 * MiB);

/** A disk of this machine, which throttles need: "254:0". */
function diskNumber(): string | undefined {
  const disk = readdirSync("/sys/block").find((name) => !/^(loop|ram|zram|dm-|md)/.test(name));
  return disk && readFileSync(`/sys/block/${disk}/dev`, "utf8").trim();
}

const DISK = diskNumber();

const differs = (
  peer: Difference["peer"],
  on: Difference["on"],
  holds: Difference["holds"],
  why: string,
  driver?: Driver,
): Difference => ({ peer, on, holds, why, ...(driver && { driver }) });

const ZERO = "0 is not set: engines send it for what nobody asked for";
const OLDER = "this release does not know the field";
const MINUS = "-1 is no limit, as in runc";
const CURVE = "the curve through 1024 and 100 of the newest runc and crun";

/** `cpu.shares` as weights; `peers` where they compute it otherwise. */
function shares(value: number, weight: Files, peers?: Files | "refuses", v1?: Files): Row {
  const row = { resources: { cpu: { shares: value } }, v2: weight, ...(v1 && { v1 }) };
  if (peers === undefined) return row;
  return { ...row, differs: (["crun", "runc"] as const).map((peer) => differs(peer, "v2", peers, CURVE)) };
}

export const MEMORY: Readonly<Record<string, Row>> = {
  "limit, swap and reservation": {
    systemd: true,
    resources: { memory: { limit: 64 * MiB, swap: 96 * MiB, reservation: 32 * MiB } },
    v1: {
      "memory.limit_in_bytes": M64,
      "memory.memsw.limit_in_bytes": String(96 * MiB),
      "memory.soft_limit_in_bytes": String(32 * MiB),
    },
    v2: { "memory.max": M64, "memory.swap.max": String(32 * MiB), "memory.low": String(32 * MiB) },
  },
  "limit and reservation 0: not set": {
    resources: { memory: { limit: 0, reservation: 0 } },
    v1: {},
    v2: {},
    differs: [differs("crun", "v1", "refuses", ZERO), differs("crun", "v2", "refuses", ZERO)],
  },
  "swap 0": {
    resources: { memory: { limit: 64 * MiB, swap: 0 } },
    v1: { "memory.limit_in_bytes": M64 },
    v2: { "memory.max": M64 },
    differs: [
      differs("crun", "v1", "refuses", ZERO),
      differs("crun", "v2", { "memory.max": M64, "memory.swap.max": "0" }, ZERO),
    ],
  },
  "swap as great as the limit: none": {
    resources: { memory: { limit: 64 * MiB, swap: 64 * MiB } },
    v1: { "memory.limit_in_bytes": M64, "memory.memsw.limit_in_bytes": M64 },
    v2: { "memory.max": M64, "memory.swap.max": "0" },
  },
  "swap -1": {
    resources: { memory: { limit: 64 * MiB, swap: -1 } },
    v1: { "memory.limit_in_bytes": M64 },
    v2: { "memory.max": M64 },
  },
  "limit -1 with swap": {
    resources: { memory: { limit: -1, swap: 96 * MiB } },
    v2: { "memory.swap.max": String(96 * MiB) },
    differs: [differs("runc", "v2", "refuses", "it can be done, and crun does it")],
  },
  "limit, swap and reservation -1": {
    systemd: true,
    resources: { memory: { limit: -1, swap: -1, reservation: -1 } },
    v1: {},
    v2: { "memory.low": "max" },
  },
  "reservation 1: rounded down to pages": {
    resources: { memory: { reservation: 1 } },
    v1: { "memory.soft_limit_in_bytes": "0" },
  },
  "swappiness 0 and disableOOMKiller": {
    resources: { memory: { swappiness: 0, disableOOMKiller: true, useHierarchy: true } },
    v1: { "memory.swappiness": "0", "memory.oom_control": "oom_kill_disable 1" },
  },
  "swappiness 100": { resources: { memory: { swappiness: 100 } }, v1: { "memory.swappiness": "100" } },
  "oom.group, high and min": {
    systemd: true,
    resources: { unified: { "memory.oom.group": "1", "memory.high": "64M", "memory.min": "8192" } },
    v2: { "memory.oom.group": "1", "memory.high": M64, "memory.min": "8192" },
    differs: (["crun", "runc"] as const).map((peer) =>
      differs(peer, "v2", "refuses", "the kernel takes the suffix", "systemd"),
    ),
  },
};

export const CPU: Readonly<Record<string, Row>> = {
  "quota, period, shares and pids": {
    systemd: true,
    resources: { cpu: { quota: 5000, period: 10_000, shares: 2 }, pids: { limit: 77 } },
    v1: { "cpu.cfs_quota_us": "5000", "cpu.cfs_period_us": "10000", "cpu.shares": "2", "pids.max": "77" },
    v2: { "cpu.max": "5000 10000", "cpu.weight": "1", "pids.max": "77" },
  },
  "all 0: not set": {
    systemd: true,
    resources: {
      cpu: { shares: 0, quota: 0, period: 0, idle: 0, realtimePeriod: 0, realtimeRuntime: 0 },
      blockIO: { weight: 0 },
    },
    v1: {},
    v2: {},
    differs: [differs("crun", "v2", "refuses", ZERO, "systemd")],
  },
  "the smallest quota and pids": {
    resources: { cpu: { quota: 1000 }, pids: { limit: 1 } },
    v1: { "cpu.cfs_quota_us": "1000", "pids.max": "1" },
    v2: { "cpu.max": "1000 100000", "pids.max": "1" },
  },
  "the greatest period, shares and pids": {
    resources: { cpu: { period: 1_000_000, shares: 262_144 }, pids: { limit: 4_194_304 } },
    v1: { "cpu.cfs_period_us": "1000000", "cpu.shares": "262144", "pids.max": "4194304" },
    v2: { "cpu.max": "max 1000000", "cpu.weight": "10000", "pids.max": "4194304" },
  },
  "quota and pids -1": {
    systemd: true,
    resources: { cpu: { quota: -1, period: 10_000 }, pids: { limit: -1 } },
    v1: { "cpu.cfs_period_us": "10000" },
    v2: { "cpu.max": "max 10000", "pids.max": "max" },
    differs: [
      differs("crun", "v1", "refuses", MINUS),
      differs(
        "crun",
        "v2",
        { "cpu.max": "max 10000" },
        "it asks systemd for no limit without the field, too",
        "systemd",
      ),
    ],
  },
  burst: {
    resources: { cpu: { quota: 50_000, burst: 10_000 } },
    v1: { "cpu.cfs_quota_us": "50000", "cpu.cfs_burst_us": "10000" },
    v2: { "cpu.max": "50000 100000", "cpu.max.burst": "10000" },
    differs: [
      differs("crun", "v1", { "cpu.cfs_quota_us": "50000" }, OLDER),
      differs("runc", "v1", { "cpu.cfs_quota_us": "50000" }, OLDER),
      differs("runc", "v2", { "cpu.max": "50000 100000" }, OLDER),
    ],
  },
  idle: {
    resources: { cpu: { idle: 1 } },
    v1: { "cpu.idle": "1", "cpu.shares": "3" },
    v2: { "cpu.idle": "1", "cpu.weight": "1" },
    differs: [differs("runc", "v1", {}, OLDER), differs("runc", "v2", {}, OLDER)],
  },
  "idle with shares": {
    systemd: true,
    resources: { cpu: { idle: 1, shares: 512 } },
    v1: { "cpu.idle": "1", "cpu.shares": "3" },
    v2: { "cpu.idle": "1", "cpu.weight": "1" },
    differs: [
      differs("runc", "v1", { "cpu.shares": "512" }, OLDER),
      differs("runc", "v2", { "cpu.weight": "20" }, OLDER),
    ],
  },
  "shares 1": shares(1, { "cpu.weight": "1" }, "refuses"),
  "shares 3": shares(3, { "cpu.weight": "2" }, { "cpu.weight": "1" }, { "cpu.shares": "3" }),
  "shares 1024: as without": shares(1024, {}, { "cpu.weight": "39" }, {}),
  realtimePeriod: {
    resources: { cpu: { realtimePeriod: 500_000 } },
    v1: { "cpu.rt_period_us": "500000" },
  },
  "cpus and mems": {
    resources: { cpu: { cpus: "0", mems: "0" } },
    v1: { "cpuset.cpus": "0" },
    v2: { "cpuset.cpus": "0", "cpuset.mems": "0" },
  },
  "unified cpu": {
    systemd: true,
    resources: { unified: { "cpu.max": "20000 50000", "cpu.weight": "123", "cgroup.max.depth": "5" } },
    v2: { "cpu.max": "20000 50000", "cpu.weight": "123", "cgroup.max.depth": "5" },
  },
};

const PIDS_ZERO = "as in the newest runc: systemd can't say 0, and 1 forbids to fork as well";

export const OTHERS: Readonly<Record<string, Row>> = {
  "pids 0": {
    resources: { pids: { limit: 0 } },
    v1: { "pids.max": "1" },
    v2: { "pids.max": "1" },
    differs: (["crun", "runc"] as const).flatMap((peer) =>
      (["v1", "v2"] as const).map((on) => differs(peer, on, {}, PIDS_ZERO)),
    ),
  },
  ...throttles(),
  "block weight": {
    resources: { blockIO: { weight: 500 } },
    v1: { "blkio.bfq.weight": "500" },
    differs: [differs("crun", "v1", "refuses", "the kernel's file has another name by now, as runc knows")],
  },
  "huge pages": {
    resources: { hugepageLimits: [{ pageSize: "2MB", limit: 4 * MiB }] },
    v1: {
      "hugetlb.2MB.limit_in_bytes": String(4 * MiB),
      "hugetlb.2MB.rsvd.limit_in_bytes": String(4 * MiB),
    },
    v2: { "hugetlb.2MB.max": String(4 * MiB), "hugetlb.2MB.rsvd.max": String(4 * MiB) },
    differs: (["crun", "runc"] as const).map((peer) =>
      differs(
        peer,
        "v1",
        { "hugetlb.2MB.limit_in_bytes": String(4 * MiB) },
        "a reservation is refused at mmap, not ended by SIGBUS; newer runc and crun do so",
      ),
    ),
  },
  "classID 1 and priorities": {
    resources: { network: { classID: 1, priorities: [{ name: "lo", priority: 3 }] } },
    v1: { "net_cls.classid": "1", "net_prio.ifpriomap": "lo 3" },
  },
  "the greatest classID": {
    resources: { network: { classID: 4_294_967_295 } },
    v1: { "net_cls.classid": "4294967295" },
    differs: [differs("crun", "v1", "refuses", "it is in the range of the field, and the kernel takes it")],
  },
};

function throttles(): Record<string, Row> {
  if (DISK === undefined) return {};
  const [major = 0, minor = 0] = DISK.split(":").map(Number);
  const all = (rate: number) => ({
    throttleReadBpsDevice: [{ major, minor, rate }],
    throttleWriteBpsDevice: [{ major, minor, rate: rate && rate + 1 }],
    throttleReadIOPSDevice: [{ major, minor, rate: rate && rate + 2 }],
    throttleWriteIOPSDevice: [{ major, minor, rate: rate && rate + 3 }],
  });
  const v1 = (rate: number): Files => ({
    "blkio.throttle.read_bps_device": `${DISK} ${rate}`,
    "blkio.throttle.write_bps_device": `${DISK} ${rate + 1}`,
    "blkio.throttle.read_iops_device": `${DISK} ${rate + 2}`,
    "blkio.throttle.write_iops_device": `${DISK} ${rate + 3}`,
  });
  const NO_LIMIT = "0 takes the limit away on v1, where the field comes from";
  return {
    "throttles 1 to 4": { resources: { blockIO: all(1) }, v1: v1(1) },
    throttles: {
      resources: { blockIO: all(MiB) },
      v1: v1(MiB),
      v2: {
        "io.max": `${DISK} rbps=${MiB} wbps=${MiB + 1} riops=${MiB + 2} wiops=${MiB + 3}`,
      },
    },
    "throttles 0": {
      resources: { blockIO: all(0) },
      v1: {},
      v2: {},
      differs: (["crun", "runc"] as const).map((peer) => differs(peer, "v2", "refuses", NO_LIMIT)),
    },
  };
}
