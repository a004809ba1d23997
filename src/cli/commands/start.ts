import type { GlobalOptions } from "../../container/options.ts";
import { startContainer } from "../../container/start.ts";
import type { CommandArguments } from "../option-types.ts";
import type { START } from "../table.ts";

export function run(
  global: GlobalOptions,
  { positionals }: CommandArguments<typeof START>,
): void | Promise<void> {
  return startContainer(global, positionals[0] ?? "");
}
