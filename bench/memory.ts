/** What processes hold in memory, as the kernel accounts for it. All figures are KiB. */
import { readdirSync, readFileSync } from "node:fs";

export interface Memory {
  /** Pages in memory, shared or not (VmRSS). */
  readonly resident: number;
  /** Anonymous pages (RssAnon): heap, stacks, compiled code. */
  readonly anonymous: number;
  /** Pages that no other process maps (Private_Clean + Private_Dirty). */
  readonly private: number;
  /** Private pages and this process's share of the shared ones (Pss). */
  readonly proportional: number;
}

function field(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text);
  if (found === null) throw new Error(`no ${name}`);
  return Number(found[1]);
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return {
    resident: field(status, "VmRSS"),
    anonymous: field(status, "RssAnon"),
    private: field(rollup, "Private_Clean") + field(rollup, "Private_Dirty"),
    proportional: field(rollup, "Pss"),
  };
}

interface Stat {
  readonly state: string;
  readonly parent: number;
}

/** proc(5): the command's name may hold spaces and parentheses; what follows the last one is regular. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, state = "", parent = ""] = text.slice(text.lastIndexOf(")")).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** A zombie has ended: only its parent has not looked yet. */
export function hasEnded(pid: number): boolean {
  const stat = statOf(pid);
  return stat === undefined || stat.state === "Z" || stat.state === "X";
}

/** The process and its descendants. */
export function tree(pid: number): number[] {
  const members = [pid];
  const others = readdirSync("/proc")
    .map(Number)
    .filter((other) => Number.isInteger(other))
    .map((other) => ({ pid: other, parent: statOf(other)?.parent }));
  for (const member of members) {
    members.push(...others.filter((other) => other.parent === member).map((other) => other.pid));
  }
  return members;
}

/** The sum over processes. */
export function memoryOfAll(pids: readonly number[]): Memory {
  return pids.map(memoryOf).reduce((sum, one) => ({
    resident: sum.resident + one.resident,
    anonymous: sum.anonymous + one.anonymous,
    private: sum.private + one.private,
    proportional: sum.proportional + one.proportional,
  }));
}
