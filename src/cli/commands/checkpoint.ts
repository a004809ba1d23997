import { checkpointContainer } from "../../container/checkpoint.ts";
import type { GlobalOptions } from "../../container/options.ts";
import type { CommandArguments } from "../option-types.ts";
import type { CHECKPOINT } from "../table-checkpoint.ts";

export function run(
  global: GlobalOptions,
  { options, positionals: [id = ""] }: CommandArguments<typeof CHECKPOINT>,
): void | Promise<void> {
  return checkpointContainer(global, id, options);
}
