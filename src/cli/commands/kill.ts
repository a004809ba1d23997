import { killContainer } from "../../container/kill.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { parseSignal } from "../../container/signals.ts";
import type { CommandArguments } from "../option-types.ts";
import type { KILL } from "../table.ts";

export function run(global: GlobalOptions, { options, positionals }: CommandArguments<typeof KILL>): void {
  const [id = "", signal = "TERM"] = positionals;
  killContainer(global, id, parseSignal(signal), options.all);
}
