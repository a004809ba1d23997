/** The forms in which control files tell numbers. Pure; a file that is not there is an empty text. */
import type { Pressure, PressureStats } from "./types.ts";

/** What `max` stands for: no limit. */
export const UNLIMITED = 2n ** 64n - 1n;

/** One number; zero where there is none. */
export function number(text = ""): bigint {
  const word = text.trim();
  if (word === "max") return UNLIMITED;
  return /^-?\d+$/.test(word) ? BigInt(word) : 0n;
}

export function numbers(text = ""): bigint[] {
  return text
    .split(/\s+/)
    .filter((word) => /^\d+$/.test(word))
    .map(BigInt);
}

/** Lines of a name and a number. */
export function table(text = ""): Map<string, bigint> {
  const rows = new Map<string, bigint>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^(\S+)\s+(\d+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) rows.set(name, BigInt(value));
  }
  return rows;
}

/** "0-2,5" → 0, 1, 2, 5. */
export function ranges(text = ""): number[] {
  return text
    .trim()
    .split(",")
    .flatMap((part) => {
      const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      if (first === undefined) return [];
      return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
    });
}

/** "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and "full …"; undefined where the kernel does not tell it. */
export function pressure(text = ""): PressureStats | undefined {
  const line = (kind: string): Pressure | undefined => {
    const values = new RegExp(`^${kind} avg10=(\\S+) avg60=(\\S+) avg300=(\\S+) total=(\\d+)$`, "m").exec(
      text,
    );
    if (values === null) return undefined;
    const [, ten, sixty, threeHundred, total = "0"] = values;
    return { avg10: Number(ten), avg60: Number(sixty), avg300: Number(threeHundred), total: BigInt(total) };
  };
  const [some, full] = [line("some"), line("full")];
  return some === undefined && full === undefined ? undefined : { some, full };
}

/** JSON of values that may hold integers which a number can't. Undefined members are left out. */
export function json(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${json(member)}`).join(",")}}`;
}
