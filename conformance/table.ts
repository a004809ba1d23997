/** docs/conformance.md: the result of the validation programs, for each runtime. Pure. */
import { EXCUSED } from "./programs.ts";
import type { Verdict } from "./verdict.ts";

export interface Column {
  /** Name and version. */
  readonly title: string;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

const HEAD = `# Conformance

The validation programs of OCI's [runtime-tools](https://github.com/opencontainers/runtime-tools), from Debian's source
package 0.9.0.109. \`npm run conformance -- --table\` has written this page; \`npm run conformance\` runs them against
\`dist/ocirt\`, or the runtime that \`OCIRT_RUNTIME\` names, and \`npm test\` demands each that has no note. The suite
reads cgroup v1, and controllers that were in no hierarchy are mounted for the programs that use them.

The programs are built as \`conformance/programs.sh\` says, from Debian's packages. Each runs in pid and mount
namespaces of its own (\`conformance/box.sh\`), so that nothing of a runtime that fails is left.
`;

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;

export function tableOf(columns: readonly Column[]): string {
  const names = [...(columns[0]?.verdicts.keys() ?? [])].sort();
  const passes = (column: Column, name: string) => column.verdicts.get(name)?.passed === true;
  const marks = (name: string) => columns.map((column) => (passes(column, name) ? "yes" : "**no**"));
  const sums = columns.map((column) => `${names.filter((name) => passes(column, name)).length}`);
  return [
    `${HEAD}\n`,
    row(["program", ...columns.map(({ title }) => title), "why a correct runtime may fail"]),
    row(["---", ...columns.map(() => "---"), "---"]),
    ...names.map((name) => row([`\`${name}\``, ...marks(name), EXCUSED[name] ?? ""])),
    row([`of ${names.length}`, ...sums, ""]),
  ].join("");
}
