/** Times and attributes of files as wasi:filesystem has them. */
import { TYPES } from "./descriptor.ts";
import { datetime } from "./process.ts";
import type { Stat } from "./system.ts";

export type NewTimestamp =
  | { readonly tag: "no-change" | "now" }
  | { readonly tag: "timestamp"; readonly value: { readonly seconds: bigint; readonly nanoseconds: number } };

/** Both times' nanoseconds, and WASI's flags that say which of them counts. */
export function newTimes(accessed: NewTimestamp, modified: NewTimestamp): [bigint, bigint, number] {
  const flag = ({ tag }: NewTimestamp) => (tag === "no-change" ? 0 : tag === "now" ? 2 : 1);
  const time = (stamp: NewTimestamp) =>
    stamp.tag === "timestamp" ? stamp.value.seconds * 1_000_000_000n + BigInt(stamp.value.nanoseconds) : 0n;
  return [time(accessed), time(modified), flag(accessed) | (flag(modified) << 2)];
}

export function statRecord(stat: Stat): object {
  return {
    type: TYPES[stat.type] ?? "unknown",
    "link-count": stat.links,
    size: stat.size,
    "data-access-timestamp": datetime(stat.accessed),
    "data-modification-timestamp": datetime(stat.modified),
    "status-change-timestamp": datetime(stat.changed),
  };
}
