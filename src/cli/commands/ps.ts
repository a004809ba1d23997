import type { GlobalOptions } from "../../container/options.ts";
import { containerPids } from "../../container/processes.ts";
import type { CommandArguments } from "../option-types.ts";
import { print } from "../print.ts";
import type { PS } from "../table-resources.ts";

export function run(
  global: GlobalOptions,
  { options, positionals: [id = "", ...given] }: CommandArguments<typeof PS>,
): void {
  if (options.format === "json") {
    const pids = containerPids(global, id);
    // As runc prints an empty list; engines read it as one.
    print(`${pids.length === 0 ? "null" : JSON.stringify(pids)}\n`);
    return;
  }
  const { processTable } = require("../process-table.ts") as typeof import("../process-table.ts");
  print(processTable(containerPids(global, id), given));
}
