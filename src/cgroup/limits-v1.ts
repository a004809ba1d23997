/**
 * `linux.resources` as control files of cgroup v1, in the order and with the values of runc's cgroupfs driver.
 * Runtime specification, config-linux.md, "Control groups". Pure.
 */
import type { Resources, ThrottleDevice } from "../spec/types.ts";
import { isSet, type LimitWrite, oneWord, pidsMax, RESOURCES, refuseLimit } from "./limits.ts";

/** The kernel's range of cpu.shares; it would clamp silently. */
const MIN_SHARES = 2;
const MAX_SHARES = 262144;
const UNSET_SWAPPINESS = 2n ** 64n - 1n;

function cpuset({ cpu }: Resources, base: string): LimitWrite[] {
  const writes: LimitWrite[] = [];
  for (const field of ["cpus", "mems"] as const) {
    const value = cpu?.[field] ?? "";
    if (value === "") continue;
    writes.push({ controller: "cpuset", file: `cpuset.${field}`, value, pointer: `${base}/cpu/${field}` });
  }
  return writes;
}

function memory({ memory = {} }: Resources, base: string): LimitWrite[] {
  const { limit, swap, reservation, kernel, kernelTCP, swappiness } = memory;
  const writes: LimitWrite[] = [];
  const add = (file: string, value: string, field: string, more: Partial<LimitWrite> = {}) =>
    writes.push({
      controller: "memory",
      file: `memory.${file}`,
      value,
      pointer: `${base}/memory/${field}`,
      ...more,
    });
  if (memory.useHierarchy !== undefined) {
    add("use_hierarchy", memory.useHierarchy ? "1" : "0", "useHierarchy");
  }
  // Raising needs memory+swap first, lowering memory first: the kernel keeps memory+swap the greater one.
  if (isSet(limit)) add("limit_in_bytes", `${limit}`, "limit", { retry: true });
  if (isSet(swap)) {
    add("memsw.limit_in_bytes", `${swap}`, "swap", Number(swap) === -1 ? { optional: true } : {});
  } else if (Number(limit) === -1) {
    add("memsw.limit_in_bytes", "-1", "limit", { optional: true });
  }
  if (isSet(reservation)) add("soft_limit_in_bytes", `${reservation}`, "reservation");
  if (isSet(kernel)) add("kmem.limit_in_bytes", `${kernel}`, "kernel");
  if (isSet(kernelTCP)) add("kmem.tcp.limit_in_bytes", `${kernelTCP}`, "kernelTCP");
  if (memory.disableOOMKiller === true) add("oom_control", "1", "disableOOMKiller");
  if (swappiness !== undefined && BigInt(swappiness) !== UNSET_SWAPPINESS && Number(swappiness) !== -1) {
    if (Number(swappiness) > 100)
      throw refuseLimit(`${base}/memory/swappiness`, `${swappiness} is not in 0 to 100`);
    add("swappiness", `${swappiness}`, "swappiness");
  }
  return writes;
}

function cpu({ cpu = {} }: Resources, base: string): LimitWrite[] {
  const { shares, period, burst, quota, idle, realtimePeriod, realtimeRuntime } = cpu;
  const writes: LimitWrite[] = [];
  const add = (file: string, value: string, field: string, more: Partial<LimitWrite> = {}) =>
    writes.push({ controller: "cpu", file: `cpu.${file}`, value, pointer: `${base}/cpu/${field}`, ...more });
  // A real-time process can join only when there is bandwidth.
  if (isSet(realtimePeriod)) add("rt_period_us", `${realtimePeriod}`, "realtimePeriod", { retry: true });
  if (isSet(realtimeRuntime)) add("rt_runtime_us", `${realtimeRuntime}`, "realtimeRuntime");
  if (isSet(shares)) {
    const pointer = `${base}/cpu/shares`;
    if (Number(shares) < MIN_SHARES)
      throw refuseLimit(pointer, `the minimum allowed cpu-shares is ${MIN_SHARES}`);
    if (Number(shares) > MAX_SHARES)
      throw refuseLimit(pointer, `the maximum allowed cpu-shares is ${MAX_SHARES}`);
    add("shares", `${shares}`, "shares", { retry: true });
  }
  // The kernel weighs period, burst and quota against each other and the parent's.
  if (isSet(period)) add("cfs_period_us", `${period}`, "period", { retry: true });
  if (burst !== undefined) {
    add(
      "cfs_burst_us",
      `${burst}`,
      "burst",
      isSet(burst) ? { retry: true } : { retry: true, optional: true },
    );
  }
  if (isSet(quota)) add("cfs_quota_us", `${quota}`, "quota");
  if (idle !== undefined) add("idle", `${idle}`, "idle", isSet(idle) ? {} : { optional: true });
  return writes;
}

const THROTTLES = {
  throttleReadBpsDevice: "read_bps_device",
  throttleWriteBpsDevice: "write_bps_device",
  throttleReadIOPSDevice: "read_iops_device",
  throttleWriteIOPSDevice: "write_iops_device",
} as const;

function blkio({ blockIO = {} }: Resources, base: string): LimitWrite[] {
  const writes: LimitWrite[] = [];
  const add = (file: string, value: string, field: string, fallback?: string) =>
    writes.push({
      controller: "blkio",
      file: `blkio.${file}`,
      value,
      pointer: `${base}/blockIO/${field}`,
      ...(fallback === undefined ? {} : { fallback: { file: `blkio.${fallback}`, value } }),
    });
  // CFQ, which had the plain names, left Linux in 5.0; BFQ has its own.
  if (isSet(blockIO.weight)) add("weight", `${blockIO.weight}`, "weight", "bfq.weight");
  if (isSet(blockIO.leafWeight)) add("leaf_weight", `${blockIO.leafWeight}`, "leafWeight");
  for (const [i, { major, minor, weight, leafWeight }] of (blockIO.weightDevice ?? []).entries()) {
    const at = `weightDevice/${i}`;
    if (isSet(weight))
      add("weight_device", `${major}:${minor} ${weight}`, `${at}/weight`, "bfq.weight_device");
    if (isSet(leafWeight)) add("leaf_weight_device", `${major}:${minor} ${leafWeight}`, `${at}/leafWeight`);
  }
  for (const [field, file] of Object.entries(THROTTLES)) {
    const devices: readonly ThrottleDevice[] = blockIO[field as keyof typeof THROTTLES] ?? [];
    for (const [i, { major, minor, rate }] of devices.entries()) {
      add(`throttle.${file}`, `${major}:${minor} ${rate}`, `${field}/${i}`);
    }
  }
  return writes;
}

function hugetlb({ hugepageLimits = [] }: Resources, base: string): LimitWrite[] {
  return hugepageLimits.flatMap(({ pageSize, limit }, i): LimitWrite[] => {
    const pointer = `${base}/hugepageLimits/${i}`;
    const prefix = `hugetlb.${oneWord(pageSize, `${pointer}/pageSize`)}`;
    const write = { controller: "hugetlb", value: `${limit}`, pointer: `${pointer}/limit` };
    return [
      { ...write, file: `${prefix}.limit_in_bytes` },
      { ...write, file: `${prefix}.rsvd.limit_in_bytes`, optional: true },
    ];
  });
}

function network({ network = {} }: Resources, base: string): LimitWrite[] {
  const { classID, priorities = [] } = network;
  const pointer = `${base}/network`;
  const writes: LimitWrite[] = priorities.map(({ name, priority }, i) => ({
    controller: "net_prio",
    file: "net_prio.ifpriomap",
    value: `${oneWord(name, `${pointer}/priorities/${i}/name`)} ${priority}`,
    pointer: `${pointer}/priorities/${i}`,
  }));
  if (isSet(classID)) {
    const value = `${classID}`;
    writes.unshift({ controller: "net_cls", file: "net_cls.classid", value, pointer: `${pointer}/classID` });
  }
  return writes;
}

/** rdma.max is the same file in both versions. */
export function rdmaLimits({ rdma = {} }: Resources, base: string): LimitWrite[] {
  return Object.entries(rdma).flatMap(([device, { hcaHandles, hcaObjects }]): LimitWrite[] => {
    const pointer = `${base}/rdma/${device.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const handles = hcaHandles === undefined ? "" : ` hca_handle=${hcaHandles}`;
    const objects = hcaObjects === undefined ? "" : ` hca_object=${hcaObjects}`;
    if (handles === "" && objects === "") return [];
    return [
      { controller: "rdma", file: "rdma.max", value: oneWord(device, pointer) + handles + objects, pointer },
    ];
  });
}

function pids({ pids }: Resources, base: string): LimitWrite[] {
  if (pids?.limit === undefined) return [];
  return [
    { controller: "pids", file: "pids.max", value: pidsMax(pids.limit), pointer: `${base}/pids/limit` },
  ];
}

/**
 * The writes for all limits but the devices. `base` is the JSON pointer of the resources. Throws OcirtError for
 * a field that cgroup v1 cannot do.
 */
export function limitsV1(resources: Resources, base: string = RESOURCES): LimitWrite[] {
  if (Object.keys(resources.unified ?? {}).length > 0) {
    throw refuseLimit(`${base}/unified`, "invalid configuration: cannot use unified on cgroup v1");
  }
  return [cpuset, memory, cpu, pids, blkio, hugetlb, network, rdmaLimits].flatMap((part) =>
    part(resources, base),
  );
}
