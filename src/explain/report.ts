/** The items for people. Pure. */
import type { Item, Stage } from "./item.ts";

const TITLES: Readonly<Record<Stage, string>> = {
  configuration: "the configuration",
  state: "the state directory",
  cgroup: "the cgroups",
  namespaces: "the namespaces",
  hooks: "hooks on the host",
  container: "in the container",
};
const MARKS = { ok: "    ", warning: " ?  ", failure: " !  " } as const;

export function itemsText(items: readonly Item[]): string {
  const lines: string[] = [];
  let stage: Stage | undefined;
  for (const { what, pointer, problem, remedy, status, ...item } of items) {
    if (item.stage !== stage) lines.push(`${TITLES[item.stage]}:`);
    stage = item.stage;
    lines.push(`${MARKS[status]}${what}${pointer === undefined ? "" : `  [${pointer}]`}`);
    if (problem !== undefined) lines.push(`      ${problem}${remedy === undefined ? "" : `; ${remedy}`}`);
  }
  const count = (status: Item["status"]) => items.filter((one) => one.status === status).length;
  lines.push(`${items.length} steps: ${count("failure")} can't be done here, ${count("warning")} warnings`);
  return `${lines.join("\n")}\n`;
}
