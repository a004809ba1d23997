import type { GlobalOptions } from "../../container/options.ts";
import { restoreContainer } from "../../container/restore.ts";
import type { CommandArguments } from "../option-types.ts";
import type { RESTORE } from "../table-restore.ts";

/** The exit code of the container's program; 0 when detached. */
export function run(
  global: GlobalOptions,
  { options, positionals: [id = ""] }: CommandArguments<typeof RESTORE>,
): number {
  return restoreContainer(global, id, options);
}
