/**
 * `linux.resources` as properties of a scope, with the names and conversions of runc's systemd driver. systemd is
 * told of every limit that it knows, because it writes its own idea of a unit again when it reloads; the control
 * files are written besides. Pure. systemd.resource-control(5).
 */
import type { Int64, Resources, Spec } from "../../spec/types.ts";
import { ACCESS, ANY, accessLetters, type DevicePolicy } from "../devices.ts";
import { isSet } from "../limits.ts";
import { cpuWeight, ioWeight, swapMax } from "../limits-v2.ts";
import type { SystemdUnit } from "./unit.ts";
import { annotatedProperties, type Property } from "./variant.ts";

const INFINITY = 2n ** 64n - 1n;
const MICROSECONDS = 1_000_000n;
const DEFAULT_PERIOD = 100_000n;
/** systemd takes the quota in steps of 10 ms for each second. */
const QUOTA_STEP = 10_000n;

const orInfinity = (value: Int64): bigint => (Number(value) < 0 ? INFINITY : BigInt(value));

function cpu({ cpu = {} }: Resources, version: 1 | 2): Property[] {
  const { shares, quota, period, idle, cpus, mems } = cpu;
  const properties: Property[] = [];
  if (isSet(shares)) {
    properties.push(
      version === 1 ? ["CPUShares", "t", BigInt(shares)] : ["CPUWeight", "t", BigInt(cpuWeight(shares))],
    );
  }
  // A weight of 0 is systemd's word for idle.
  if (version === 2 && isSet(idle)) properties.push(["CPUWeight", "t", 0n]);
  if (isSet(period)) properties.push(["CPUQuotaPeriodUSec", "t", BigInt(period)]);
  if (isSet(quota) || isSet(period))
    properties.push(["CPUQuotaPerSecUSec", "t", quotaPerSecond(quota, period)]);
  if (version === 2 && cpus) properties.push(["AllowedCPUs", "ay", bitmask(cpus)]);
  if (version === 2 && mems) properties.push(["AllowedMemoryNodes", "ay", bitmask(mems)]);
  return properties;
}

/** Microseconds of CPU time for each second, rounded up to systemd's step. */
export function quotaPerSecond(quota: Int64 | undefined, period: Int64 | undefined): bigint {
  if (quota === undefined || Number(quota) <= 0) return INFINITY;
  const exact = (BigInt(quota) * MICROSECONDS) / (isSet(period) ? BigInt(period) : DEFAULT_PERIOD);
  return ((exact + QUOTA_STEP - 1n) / QUOTA_STEP) * QUOTA_STEP;
}

/** "0-2,8" as bits, the lowest of the first byte first. */
export function bitmask(list: string): number[] {
  const bytes: number[] = [];
  for (const part of list.split(",")) {
    const [first = "", last = first] = part.trim().split("-");
    for (let bit = Number(first); bit <= Number(last); bit++) {
      while (bytes.length <= bit >> 3) bytes.push(0);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return bytes;
}

function memory({ memory = {} }: Resources, version: 1 | 2): Property[] {
  const { limit, reservation } = memory;
  const properties: Property[] = [];
  if (isSet(limit)) properties.push([version === 1 ? "MemoryLimit" : "MemoryMax", "t", orInfinity(limit)]);
  if (version === 1) return properties;
  if (isSet(reservation)) properties.push(["MemoryLow", "t", orInfinity(reservation)]);
  const swap = swapMax(memory, "/linux/resources");
  if (swap !== undefined) properties.push(["MemorySwapMax", "t", swap === "max" ? INFINITY : BigInt(swap)]);
  return properties;
}

function others({ pids, blockIO }: Resources, version: 1 | 2): Property[] {
  const properties: Property[] = [];
  // 0 can't be said to systemd; it means 1, as in the control file.
  if (pids?.limit !== undefined)
    properties.push(["TasksMax", "t", Number(pids.limit) === 0 ? 1n : orInfinity(pids.limit)]);
  const weight = blockIO?.weight;
  if (isSet(weight)) {
    properties.push(
      version === 1 ? ["BlockIOWeight", "t", BigInt(weight)] : ["IOWeight", "t", BigInt(ioWeight(weight))],
    );
  }
  return properties;
}

/** Control files of cgroup v2 that systemd has properties for; the rest is only written. */
const UNIFIED: Readonly<Record<string, (value: string) => Property[]>> = {
  "cpu.weight": (value) => [["CPUWeight", "t", BigInt(value)]],
  "cpu.idle": (value) => (value === "1" ? [["CPUWeight", "t", 0n]] : []),
  "cpu.max": (value) => {
    const [quota = "max", period] = value.trim().split(/\s+/);
    const perSecond = quotaPerSecond(
      quota === "max" ? undefined : Number(quota),
      period === undefined ? undefined : Number(period),
    );
    return [
      ...(period ? ([["CPUQuotaPeriodUSec", "t", BigInt(period)]] as Property[]) : []),
      ["CPUQuotaPerSecUSec", "t", perSecond],
    ];
  },
  "cpuset.cpus": (value) => [["AllowedCPUs", "ay", bitmask(value)]],
  "cpuset.mems": (value) => [["AllowedMemoryNodes", "ay", bitmask(value)]],
  "memory.min": (value) => [["MemoryMin", "t", bytes(value)]],
  "memory.low": (value) => [["MemoryLow", "t", bytes(value)]],
  "memory.high": (value) => [["MemoryHigh", "t", bytes(value)]],
  "memory.max": (value) => [["MemoryMax", "t", bytes(value)]],
  "memory.swap.max": (value) => [["MemorySwapMax", "t", bytes(value)]],
  "pids.max": (value) => [["TasksMax", "t", bytes(value)]],
};

const bytes = (value: string): bigint => (value.trim() === "max" ? INFINITY : BigInt(value.trim()));

function unified({ unified = {} }: Resources): Property[] {
  return Object.entries(unified).flatMap(([file, value]) => UNIFIED[file]?.(value) ?? []);
}

/** systemd filters devices by itself on cgroup v1, and would put its own rules in place of the container's. */
function devices({ allowed, exceptions }: DevicePolicy): Property[] {
  if (allowed) return [["DevicePolicy", "s", "auto"]];
  const entries = exceptions.flatMap(({ type, major, minor, access }) => {
    const name = type === "c" ? "char" : "block";
    const letters = accessLetters(access);
    if (major === ANY) return [[`${name}-*`, letters]];
    // A whole class has a name in /proc/devices, which isn't looked up here: these two have no other.
    if (minor === ANY) return major === 136 && type === "c" ? [["char-pts", letters]] : [];
    return [[`/dev/${name}/${major}:${minor}`, letters]];
  });
  return [
    ["DevicePolicy", "s", "strict"],
    ["DeviceAllow", "a(ss)", entries],
  ];
}

/** Whether a rule can't be said to systemd, so that its filter would refuse what the container may use. */
export const isInexpressible = ({ allowed, exceptions }: DevicePolicy): boolean =>
  !allowed &&
  exceptions.some(
    ({ type, major, minor, access }) =>
      major !== ANY && minor === ANY && !(type === "c" && major === 136) && access !== ACCESS.m,
  );

/** The properties of limits, for a new unit and for `update`. */
export function resourceProperties(resources: Resources, version: 1 | 2): Property[] {
  return [
    ...memory(resources, version),
    ...cpu(resources, version),
    ...others(resources, version),
    ...(version === 2 ? unified(resources) : []),
  ];
}

export interface UnitFacts {
  readonly id: string;
  readonly version: 1 | 2;
  readonly devices: DevicePolicy | undefined;
}

/** All properties of a new unit but its process, which is not there yet. Annotations have the last word. */
export function unitProperties(
  spec: Spec,
  unit: SystemdUnit,
  { id, version, devices: policy }: UnitFacts,
): Property[] {
  const isSlice = unit.name.endsWith(".slice");
  const accounting = ["Memory", "CPU", version === 1 ? "BlockIO" : "IO", "Tasks"];
  const filter = policy === undefined || isInexpressible(policy) ? [] : devices(policy);
  return [
    ["Description", "s", `ocirt container ${id}`],
    isSlice ? ["Wants", "as", [unit.slice]] : ["Slice", "s", unit.slice],
    ...(isSlice ? [] : ([["Delegate", "b", true]] as Property[])),
    ...accounting.map((what): Property => [`${what}Accounting`, "b", true]),
    ["DefaultDependencies", "b", false],
    // A unit whose process was killed would stay as failed.
    ["CollectMode", "s", "inactive-or-failed"],
    ...filter,
    ...resourceProperties(spec.linux?.resources ?? {}, version),
    ...annotatedProperties(spec.annotations),
  ];
}
