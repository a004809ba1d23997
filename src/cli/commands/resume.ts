import type { GlobalOptions } from "../../container/options.ts";
import { resumeContainer } from "../../container/pause.ts";
import type { CommandArguments } from "../option-types.ts";
import type { RESUME } from "../table-resources.ts";

export function run(
  global: GlobalOptions,
  { positionals: [id = ""] }: CommandArguments<typeof RESUME>,
): void | Promise<void> {
  return resumeContainer(global, id);
}
