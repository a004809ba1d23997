import type { GlobalOptions } from "../../container/options.ts";
import { containerState } from "../../container/state.ts";
import type { CommandArguments } from "../option-types.ts";
import { printJson } from "../print.ts";
import type { STATE } from "../table.ts";

export function run(global: GlobalOptions, { positionals }: CommandArguments<typeof STATE>): void {
  printJson(containerState(global, positionals[0] ?? ""));
}
