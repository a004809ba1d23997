import type { GlobalOptions } from "../../container/options.ts";
import { pauseContainer } from "../../container/pause.ts";
import type { CommandArguments } from "../option-types.ts";
import type { PAUSE } from "../table-resources.ts";

export function run(
  global: GlobalOptions,
  { positionals: [id = ""] }: CommandArguments<typeof PAUSE>,
): void | Promise<void> {
  return pauseContainer(global, id);
}
