/** Reads the tables of docs/compatibility.md, for the tests that keep them true. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's directory. */
export const top = join(import.meta.dirname, "../..");

export interface Row {
  /** A command's name, or an option's long names without dashes; the last is the one of the command table. */
  readonly names: readonly string[];
  readonly short?: string;
  readonly runc: boolean;
  readonly crun: boolean;
  /** What ocirt does; "refused: …" where it has it not. */
  readonly ocirt: string;
  /** Test files that prove it, from the project's directory. */
  readonly proof: readonly string[];
  /** There is no such test, and the page says so. */
  readonly unproved: boolean;
}

const HEADING = /^## (.+)$/;
const ROW = /^\| (`.+`) \| (yes|–) \| (yes|–) \| (.+) \| (.+) \|$/;

/** "`cli.test.ts`, `src/cli/log.test.ts`" */
function files(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) =>
    name.startsWith("src/") ? name : `spec-tests/${name}`,
  );
}

function row(line: string): Row {
  const [, flags = "", runc, crun, ocirt = "", proof = ""] = ROW.exec(line) ?? [];
  if (flags === "") throw new Error(`docs/compatibility.md: not a row: ${line}`);
  const words = [...flags.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
  const short = words.find((word) => /^-[^-]/.test(word))?.slice(1);
  const names = words.filter((word) => !/^-[^-]/.test(word)).map((word) => word.replace(/^--/, ""));
  return {
    names,
    ...(short === undefined ? {} : { short }),
    runc: runc === "yes",
    crun: crun === "yes",
    ocirt,
    proof: files(proof),
    unproved: proof === "not yet",
  };
}

/** The rows under each heading. */
export function compatibility(): ReadonlyMap<string, readonly Row[]> {
  const tables = new Map<string, Row[]>();
  let current: Row[] = [];
  for (const line of readFileSync(join(top, "docs/compatibility.md"), "utf8").split("\n")) {
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) {
      current = [];
      tables.set(heading, current);
    } else if (line.startsWith("| `")) current.push(row(line));
  }
  return tables;
}
