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
const MAX_WEIGHT = 10_000n;
/** The greatest number of a CPU or node that systemd takes. */
const GREATEST_CPU = 8191;

const orInfinity = (value: Int64): bigint => (Number(value) < 0 ? INFINITY : BigInt(value));

function cpu({ cpu = {} }: Resources, version: 1 | 2): Property[] {
  const { shares, quota, period, idle, cpus, mems } = cpu;
  const properties: Property[] = [];
  if (isSet(shares) && !(version === 2 && isSet(idle))) {
    properties.push(
      version === 1 ? ["CPUShares", "t", BigInt(shares)] : ["CPUWeight", "t", BigInt(cpuWeight(shares))],
    );
  }
  // A weight of 0 is systemd's word for idle.
  if (version === 2 && isSet(idle)) properties.push(["CPUWeight", "t", 0n]);
  if (isSet(period)) properties.push(["CPUQuotaPeriodUSec", "t", BigInt(period)]);
  if (isSet(quota) || isSet(period))
    properties.push(["CPUQuotaPerSecUSec", "t", quotaPerSecond(quota, period)]);
  if (version === 2 && cpus) properties.push(...setOf("AllowedCPUs", cpus));
  if (version === 2 && mems) properties.push(...setOf("AllowedMemoryNodes", mems));
  return properties;
}

/** Microseconds of CPU time for each second, rounded up to systemd's step. */
export function quotaPerSecond(quota: Int64 | undefined, period: Int64 | undefined): bigint {
  if (quota === undefined || Number(quota) <= 0) return INFINITY;
  const exact = (BigInt(quota) * MICROSECONDS) / (isSet(period) ? BigInt(period) : DEFAULT_PERIOD);
  return ((exact + QUOTA_STEP - 1n) / QUOTA_STEP) * QUOTA_STEP;
}

/** Without a number that systemd refuses: then the control file's refusal names the field. */
function setOf(name: string, list: string): Property[] {
  const isTooGreat = list.split(/[,-]/).some((number) => Number(number) > GREATEST_CPU);
  return isTooGreat ? [] : [[name, "ay", bitmask(list)]];
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
  // The kernel's own range: what is outside of it is refused by the control file, and so by its field's name.
  if (isSet(weight) && weight >= 10 && weight <= 1000) {
    properties.push(
      version === 1 ? ["BlockIOWeight", "t", BigInt(weight)] : ["IOWeight", "t", BigInt(ioWeight(weight))],
    );
  }
  return properties;
}

/** `max` or a number, as the kernel reads it (memparse(): with a suffix); undefined for what it will refuse. */
function amount(value: string): bigint | undefined {
  const [, digits, suffix = ""] = /^(max|0[xX][0-9a-fA-F]+|\d+)([kKmMgGtTpPeE]?)$/.exec(value.trim()) ?? [];
  if (digits === undefined) return undefined;
  if (digits === "max") return suffix === "" ? INFINITY : undefined;
  return BigInt(digits) << BigInt(10 * ("kmgtpe".indexOf(suffix.toLowerCase() || "-") + 1));
}

/** Without the value there is no property: the control file's refusal names the field. */
const property = (name: string, value: bigint | undefined): Property[] =>
  value === undefined ? [] : [[name, "t", value]];

function weight(value: string): bigint | undefined {
  const number = amount(value);
  return number !== undefined && number >= 1n && number <= MAX_WEIGHT ? number : undefined;
}

/** "quota period", "quota" or "max". */
function quotaProperties(value: string): Property[] {
  const [quota = "", period] = value.trim().split(/\s+/);
  const numbers = [quota === "max" ? undefined : quota, period].map((text) =>
    text === undefined ? undefined : Number(text),
  );
  if (numbers.some((number) => number !== undefined && !Number.isSafeInteger(number))) return [];
  return [
    ...property("CPUQuotaPeriodUSec", period === undefined ? undefined : BigInt(period)),
    ["CPUQuotaPerSecUSec", "t", quotaPerSecond(...(numbers as [number | undefined, number | undefined]))],
  ];
}

/** pids.max may be 0, TasksMax may not; 1 forbids to fork as well. */
function tasks(value: string): bigint | undefined {
  const number = amount(value);
  return number === 0n ? 1n : number;
}

/** Control files of cgroup v2 that systemd has properties for; the rest is only written. */
const UNIFIED: Readonly<Record<string, (value: string) => Property[]>> = {
  "cpu.weight": (value) => property("CPUWeight", weight(value)),
  "cpu.idle": (value) => property("CPUWeight", value === "1" ? 0n : undefined),
  "cpu.max": quotaProperties,
  "cpuset.cpus": (value) => setOf("AllowedCPUs", value),
  "cpuset.mems": (value) => setOf("AllowedMemoryNodes", value),
  "memory.min": (value) => property("MemoryMin", amount(value)),
  "memory.low": (value) => property("MemoryLow", amount(value)),
  "memory.high": (value) => property("MemoryHigh", amount(value)),
  "memory.max": (value) => property("MemoryMax", amount(value)),
  "memory.swap.max": (value) => property("MemorySwapMax", amount(value)),
  "pids.max": (value) => property("TasksMax", tasks(value)),
};

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
