/**
 * `linux.resources`, which is made for cgroup v1, as control files of cgroup v2, with runc's conversions.
 * Runtime specification, config-linux.md, "Control groups". Pure.
 */
import type { Int64, Memory, Resources, ThrottleDevice } from "../spec/types.ts";
import { isSet, type LimitWrite, oneWord, pidsMax, RESOURCES, refuseLimit } from "./limits.ts";
import { rdmaLimits } from "./limits-v1.ts";

const DEFAULT_PERIOD = 100_000;
const ONLY_V1 = "cgroup v2 has nothing like it";

/**
 * cpu.weight (1 to 10000) of cpu.shares (2 to 262144). A curve through the ends and through the defaults, 1024
 * and 100, so that a container without a wish weighs as much as one that asks for the default.
 */
export function cpuWeight(shares: Int64): number {
  const number = Number(shares);
  if (number <= 2) return 1;
  if (number >= 262144) return 10000;
  const log = Math.log2(number);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

/** io.weight (1 to 10000) of blkio.weight (10 to 1000). */
export const ioWeight = (weight: number): number => 1 + Math.floor(((weight - 10) * 9999) / 990);

const orMax = (value: Int64) => (Number(value) === -1 ? "max" : `${value}`);

/** memory.swap.max counts swap alone, the config memory and swap together. undefined: not to be written. */
export function swapMax({ limit, swap }: Memory, base: string): string | undefined {
  const pointer = `${base}/memory/swap`;
  if (!isSet(swap)) return Number(limit) === -1 ? "max" : undefined;
  if (Number(swap) === -1) return "max";
  if (Number(limit) === -1) return `${swap}`;
  if (!isSet(limit)) throw refuseLimit(pointer, "unable to set swap limit without memory limit");
  const alone = BigInt(swap) - BigInt(limit);
  if (alone < 0n) throw refuseLimit(pointer, "memory+swap limit should be >= memory limit");
  return `${alone}`;
}

function memory({ memory = {} }: Resources, base: string): LimitWrite[] {
  refuseV1Memory(memory, base);
  const writes: LimitWrite[] = [];
  const add = (file: string, value: string, field: string, more: Partial<LimitWrite> = {}) =>
    writes.push({
      controller: "memory",
      file: `memory.${file}`,
      value,
      pointer: `${base}/memory/${field}`,
      ...more,
    });
  const swap = swapMax(memory, base);
  // Without swap accounting there is no file, and no swap to forbid or to allow either.
  if (swap !== undefined)
    add("swap.max", swap, "swap", swap === "0" || swap === "max" ? { optional: true } : {});
  if (isSet(memory.limit)) add("max", orMax(memory.limit), "limit");
  if (isSet(memory.reservation)) add("low", orMax(memory.reservation), "reservation");
  return writes;
}

function refuseV1Memory(memory: Memory, base: string): void {
  const { kernel, kernelTCP, swappiness, disableOOMKiller, useHierarchy } = memory;
  const refused: Record<string, boolean> = {
    kernel: isSet(kernel) && Number(kernel) !== -1,
    kernelTCP: isSet(kernelTCP) && Number(kernelTCP) !== -1,
    swappiness: swappiness !== undefined && BigInt.asIntN(64, BigInt(swappiness)) !== -1n,
    disableOOMKiller: disableOOMKiller === true,
    useHierarchy: useHierarchy === false,
  };
  for (const [field, isRefused] of Object.entries(refused)) {
    if (isRefused) throw refuseLimit(`${base}/memory/${field}`, ONLY_V1);
  }
}

function cpu({ cpu = {} }: Resources, base: string): LimitWrite[] {
  const { shares, quota, period, burst, idle } = cpu;
  for (const field of ["realtimeRuntime", "realtimePeriod"] as const) {
    if (isSet(cpu[field])) throw refuseLimit(`${base}/cpu/${field}`, ONLY_V1);
  }
  const writes: LimitWrite[] = [];
  const add = (file: string, value: string, field: string, more: Partial<LimitWrite> = {}) =>
    writes.push({ controller: "cpu", file: `cpu.${file}`, value, pointer: `${base}/cpu/${field}`, ...more });
  // A cgroup that is idle, as systemd has made it by now, has no weight to be set, and gets the default one when it ends.
  if (isSet(shares) && !isSet(idle)) add("weight", `${cpuWeight(shares)}`, "shares", { retry: true });
  if (burst !== undefined) {
    add("max.burst", `${burst}`, "burst", isSet(burst) ? { retry: true } : { retry: true, optional: true });
  }
  if (isSet(quota) || isSet(period)) {
    const max = isSet(quota) && Number(quota) > 0 ? `${quota}` : "max";
    add("max", `${max} ${isSet(period) ? period : DEFAULT_PERIOD}`, isSet(quota) ? "quota" : "period");
  }
  if (idle !== undefined) add("idle", `${idle}`, "idle", isSet(idle) ? {} : { optional: true });
  return writes;
}

function cpuset({ cpu }: Resources, base: string): LimitWrite[] {
  return (["cpus", "mems"] as const).flatMap((field) => {
    const value = cpu?.[field] ?? "";
    const pointer = `${base}/cpu/${field}`;
    return value === "" ? [] : [{ controller: "cpuset", file: `cpuset.${field}`, value, pointer }];
  });
}

const THROTTLES = {
  throttleReadBpsDevice: "rbps",
  throttleWriteBpsDevice: "wbps",
  throttleReadIOPSDevice: "riops",
  throttleWriteIOPSDevice: "wiops",
} as const;

function io({ blockIO = {} }: Resources, base: string): LimitWrite[] {
  const pointer = `${base}/blockIO`;
  if (isSet(blockIO.leafWeight)) throw refuseLimit(`${pointer}/leafWeight`, ONLY_V1);
  const writes: LimitWrite[] = [];
  const weigh = (prefix: string, weight: number, at: string) =>
    writes.push({
      controller: "io",
      file: "io.bfq.weight",
      value: `${prefix}${weight}`,
      pointer: at,
      fallback: { file: "io.weight", value: `${prefix}${ioWeight(weight)}` },
    });
  if (isSet(blockIO.weight)) weigh("", blockIO.weight, `${pointer}/weight`);
  for (const [i, { major, minor, weight, leafWeight }] of (blockIO.weightDevice ?? []).entries()) {
    const at = `${pointer}/weightDevice/${i}`;
    if (isSet(leafWeight)) throw refuseLimit(`${at}/leafWeight`, ONLY_V1);
    if (isSet(weight)) weigh(`${major}:${minor} `, weight, `${at}/weight`);
  }
  for (const [field, key] of Object.entries(THROTTLES)) {
    const devices: readonly ThrottleDevice[] = blockIO[field as keyof typeof THROTTLES] ?? [];
    for (const [i, { major, minor, rate }] of devices.entries()) {
      const value = `${major}:${minor} ${key}=${isSet(rate) ? rate : "max"}`;
      writes.push({ controller: "io", file: "io.max", value, pointer: `${pointer}/${field}/${i}` });
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
      { ...write, file: `${prefix}.max` },
      { ...write, file: `${prefix}.rsvd.max`, optional: true },
    ];
  });
}

function pids({ pids }: Resources, base: string): LimitWrite[] {
  if (pids?.limit === undefined) return [];
  return [
    { controller: "pids", file: "pids.max", value: pidsMax(pids.limit), pointer: `${base}/pids/limit` },
  ];
}

function refuseNetwork({ network = {} }: Resources, base: string): LimitWrite[] {
  if (isSet(network.classID)) throw refuseLimit(`${base}/network/classID`, ONLY_V1);
  if ((network.priorities ?? []).length > 0) throw refuseLimit(`${base}/network/priorities`, ONLY_V1);
  return [];
}

/** Files of the user's choice, after all others: they overrule what the fields above say. */
function unified({ unified = {} }: Resources, base: string): LimitWrite[] {
  return Object.entries(unified).map(([file, value]) => {
    const pointer = `${base}/unified/${file.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (file.includes("/"))
      throw refuseLimit(pointer, `unified resource ${file} must be a file name (no slashes)`);
    const dot = file.indexOf(".");
    if (dot <= 0)
      throw refuseLimit(pointer, `unified resource ${file} must be in the form CONTROLLER.PARAMETER`);
    return { controller: file.slice(0, dot), file, value, pointer };
  });
}

/**
 * The writes for all limits but the devices. `base` is the JSON pointer of the resources. Throws OcirtError for
 * a field that would change something on cgroup v1 and cannot on v2.
 */
export function limitsV2(resources: Resources, base: string = RESOURCES): LimitWrite[] {
  const parts = [pids, memory, io, cpu, cpuset, hugetlb, rdmaLimits, refuseNetwork, unified];
  return parts.flatMap((part) => part(resources, base));
}
