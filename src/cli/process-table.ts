/** The table of `ps`: the lines of ps(1) that are the container's. */
import { spawnSync } from "node:child_process";
import { OcirtError } from "../errors.ts";

/** Where engines leave PATH out. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Bytes of a table; a line per process and thread of the host. */
const MOST_OUTPUT = 256 * 1024 * 1024;

/** @param given options of ps(1); those of runc where there are none */
export function processTable(pids: readonly number[], given: readonly string[]): string {
  const args = given.length === 0 ? ["-ef"] : given;
  const env = { ...process.env, PATH: process.env.PATH || DEFAULT_PATH };
  const { error, status, stdout, stderr } = spawnSync("ps", args, {
    encoding: "utf8",
    env,
    maxBuffer: MOST_OUTPUT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error !== undefined) {
    throw new OcirtError({
      action: "run",
      path: "ps",
      errno: (error as NodeJS.ErrnoException).code,
      hint: "install procps, or use --format json",
    });
  }
  if (status !== 0)
    throw new OcirtError({ action: "run", path: ["ps", ...args].join(" "), reason: stderr.trim() });
  return selectLines(stdout, new Set(pids));
}

/** The heading and the lines of these processes. Pure. */
export function selectLines(table: string, pids: ReadonlySet<number>): string {
  const [heading = "", ...lines] = table.split("\n");
  const column = wordsOf(heading).indexOf("PID");
  if (column < 0) {
    throw new OcirtError({
      action: "find the container's processes",
      reason: "couldn't find PID field in ps output",
      hint: "let ps(1) print that column too",
    });
  }
  const own = lines.filter((line) => pids.has(Number(wordsOf(line)[column])));
  return [heading, ...own].map((line) => `${line}\n`).join("");
}

const wordsOf = (line: string) => line.split(/\s+/).filter((word) => word !== "");
