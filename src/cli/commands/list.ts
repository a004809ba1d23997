import { type ContainerSummary, listContainers } from "../../container/list.ts";
import type { GlobalOptions } from "../../container/options.ts";
import type { CommandArguments } from "../option-types.ts";
import { print } from "../print.ts";
import type { LIST } from "../table.ts";

const COLUMNS: readonly (readonly [string, (container: ContainerSummary) => string])[] = [
  ["ID", ({ id }) => id],
  ["PID", ({ pid }) => String(pid)],
  ["STATUS", ({ status }) => status],
  ["BUNDLE", ({ bundle }) => bundle],
  ["CREATED", ({ created }) => created],
  ["OWNER", ({ owner }) => owner],
];

/** runc's columns: at least twelve wide, three spaces between. */
const LEAST_WIDTH = 12;
const GAP = 3;

export function run(global: GlobalOptions, { options }: CommandArguments<typeof LIST>): void {
  const containers = listContainers(global);
  if (options.quiet) print(containers.map(({ id }) => `${id}\n`).join(""));
  else if (options.format === "json") print(`${JSON.stringify(containers)}\n`);
  else print(table(containers));
}

export function table(containers: readonly ContainerSummary[]): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...containers.map((container) => COLUMNS.map(([, read]) => read(container))),
  ];
  const widths = COLUMNS.map((_, column) =>
    Math.max(LEAST_WIDTH, ...rows.map((row) => (row[column] ?? "").length + GAP)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("");
  return rows.map((row) => `${line(row)}\n`).join("");
}
