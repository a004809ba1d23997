/** What files of /proc/self say of the caller (proc(5)). Pure. */

/** CapEff and CapBnd of /proc/PID/status. */
export function masksOf(status: string): { effective: bigint; bounding: bigint } {
  const mask = (name: string) =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)`, "m").exec(status)?.[1] ?? "0"}`);
  return { effective: mask("CapEff"), bounding: mask("CapBnd") };
}

/** The rows of /proc/PID/limits by the number of setrlimit(2): x86-64 and arm64 have the same. */
const ROWS: Readonly<Record<string, number>> = {
  "Max cpu time": 0,
  "Max file size": 1,
  "Max data size": 2,
  "Max stack size": 3,
  "Max core file size": 4,
  "Max resident set": 5,
  "Max processes": 6,
  "Max open files": 7,
  "Max locked memory": 8,
  "Max address space": 9,
  "Max file locks": 10,
  "Max pending signals": 11,
  "Max msgqueue size": 12,
  "Max nice priority": 13,
  "Max realtime priority": 14,
  "Max realtime timeout": 15,
};

const UNLIMITED = 0xffff_ffff_ffff_ffffn;

export function hardLimits(limits: string): Map<number, bigint> {
  const found = new Map<number, bigint>();
  for (const line of limits.split("\n")) {
    const match = /^(Max .*?)\s{2,}(\S+)\s+(\S+)/.exec(line);
    const resource = ROWS[match?.[1] ?? ""];
    const hard = match?.[3];
    if (resource !== undefined && hard !== undefined)
      found.set(resource, hard === "unlimited" ? UNLIMITED : BigInt(hard));
  }
  return found;
}

/** The type of what is mounted last at / (proc_pid_mountinfo(5)). */
export function rootFileSystem(mountinfo: string): string {
  const lines = mountinfo.split("\n").filter((line) => line.split(" ")[4] === "/");
  return lines.at(-1)?.split(" - ")[1]?.split(" ")[0] ?? "";
}
