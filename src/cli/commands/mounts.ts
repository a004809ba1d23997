import { changeMounts } from "../../container/mounts.ts";
import type { GlobalOptions } from "../../container/options.ts";
import type { CommandArguments } from "../option-types.ts";
import { MOUNTS } from "../table-resources.ts";
import { UsageError } from "../usage-error.ts";

export function run(
  global: GlobalOptions,
  { positionals: [action = "", id = "", file = ""] }: CommandArguments<typeof MOUNTS>,
): undefined | Promise<undefined> {
  if (action !== "add" && action !== "remove") {
    throw new UsageError(`unknown action \`${action}\`; there are \`add\` and \`remove\``, MOUNTS);
  }
  return changeMounts(global, action, id, file) as undefined | Promise<undefined>;
}
