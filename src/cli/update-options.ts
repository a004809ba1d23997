/** The options of `update` as linux.resources: a table of what each sets and how it is read. Pure. */
import type { Int64, Resources } from "../spec/types.ts";
import type { CommandArguments } from "./option-types.ts";
import { UPDATE } from "./table-resources.ts";
import { UsageError } from "./usage-error.ts";

type Given = CommandArguments<typeof UPDATE>["options"];
type Name = Exclude<keyof Given, "resources" | "l3-cache-schema" | "mem-bw-schema">;
type Read = (text: string) => Int64 | string | undefined;

const INT64 = 2n ** 63n;
const UINT64 = 2n ** 64n;

/** Numbers that a double can't hold stay exact. */
function integer(text: string, least: bigint, end: bigint): Int64 | undefined {
  if (!/^-?\d{1,20}$/.test(text)) return undefined;
  const exact = BigInt(text);
  if (exact < least || exact >= end) return undefined;
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

const signed: Read = (text) => integer(text, -INT64, INT64);
const unsigned: Read = (text) => integer(text, 0n, UINT64);
const weight: Read = (text) => integer(text, 0n, 1n << 16n);
const list: Read = (text) => text;

const UNITS = ["", "k", "m", "g", "t", "p"];

/** Bytes: "50M", "1.5GiB", "1048576", -1 for no limit; as docker's units. */
export function parseSize(text: string): Int64 | undefined {
  if (text === "-1") return -1;
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  if (digits === "") return undefined;
  const factor = 1024n ** BigInt(UNITS.indexOf(unit.toLowerCase()));
  if (!digits.includes(".")) return integer(`${BigInt(digits) * factor}`, 0n, INT64);
  return integer(BigInt(Math.floor(Number(digits) * Number(factor))).toString(), 0n, INT64);
}

const SIZE = "a size such as 50M, or -1";
const NUMBER = "a number from 0 on";
const SIGNED = "a number, -1 for no limit";

const FIELDS: Readonly<
  Record<Name, readonly [section: "memory" | "cpu" | "pids" | "blockIO", field: string, Read, string]>
> = {
  "blkio-weight": ["blockIO", "weight", weight, "a number from 10 to 1000"],
  "cpu-period": ["cpu", "period", unsigned, NUMBER],
  "cpu-quota": ["cpu", "quota", signed, SIGNED],
  "cpu-burst": ["cpu", "burst", unsigned, NUMBER],
  "cpu-share": ["cpu", "shares", unsigned, NUMBER],
  "cpu-rt-period": ["cpu", "realtimePeriod", unsigned, NUMBER],
  "cpu-rt-runtime": ["cpu", "realtimeRuntime", signed, SIGNED],
  "cpu-idle": ["cpu", "idle", signed, "0 or 1"],
  "cpuset-cpus": ["cpu", "cpus", list, ""],
  "cpuset-mems": ["cpu", "mems", list, ""],
  memory: ["memory", "limit", parseSize, SIZE],
  "kernel-memory": ["memory", "kernel", parseSize, SIZE],
  "kernel-memory-tcp": ["memory", "kernelTCP", parseSize, SIZE],
  "memory-reservation": ["memory", "reservation", parseSize, SIZE],
  "memory-swap": ["memory", "swap", parseSize, SIZE],
  "pids-limit": ["pids", "limit", signed, SIGNED],
};

/** The resources with what the options say in their place. Throws UsageError for a value that is none. */
export function withOptions(resources: Resources, given: Given): Resources {
  const result: Record<string, Record<string, unknown>> = {};
  for (const [name, [section, field, read, expected]] of Object.entries(FIELDS)) {
    const text = given[name as Name];
    if (text === undefined) continue;
    const value = read(text);
    if (value === undefined)
      throw new UsageError(`invalid value \`${text}\` of option --${name}: expected ${expected}`, UPDATE);
    const members = result[section] ?? { ...resources[section] };
    members[field] = value;
    result[section] = members;
  }
  return { ...resources, ...result };
}
