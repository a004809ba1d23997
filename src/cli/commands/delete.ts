import { deleteContainer } from "../../container/delete.ts";
import type { GlobalOptions } from "../../container/options.ts";
import type { CommandArguments } from "../option-types.ts";
import type { DELETE } from "../table.ts";

export function run(
  global: GlobalOptions,
  { options, positionals }: CommandArguments<typeof DELETE>,
): void | Promise<void> {
  const [given = ""] = positionals;
  const { force, regex } = options;
  if (!regex) return deleteContainer(global, given, { force });
  const { forMatching } = require("./matching.ts") as typeof import("./matching.ts");
  return forMatching(global.root, given, "delete", (id) => deleteContainer(global, id, { force }));
}
