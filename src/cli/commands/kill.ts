import { killContainer } from "../../container/kill.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { parseSignal } from "../../container/signals.ts";
import type { CommandArguments } from "../option-types.ts";
import type { KILL } from "../table.ts";

export function run(
  global: GlobalOptions,
  { options, positionals }: CommandArguments<typeof KILL>,
): void | Promise<void> {
  const [given = "", name = "TERM"] = positionals;
  const signal = parseSignal(name);
  if (!options.regex) return killContainer(global, given, signal, options.all);
  const { forMatching } = require("./matching.ts") as typeof import("./matching.ts");
  return forMatching(global.root, given, "signal", (id) => killContainer(global, id, signal, options.all));
}
