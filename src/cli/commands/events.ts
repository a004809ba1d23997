import { watchContainer } from "../../container/events.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { parseDuration } from "../duration.ts";
import type { CommandArguments } from "../option-types.ts";
import { print } from "../print.ts";
import { EVENTS } from "../table-resources.ts";
import { UsageError } from "../usage-error.ts";

export function run(
  global: GlobalOptions,
  { options, positionals: [id = ""] }: CommandArguments<typeof EVENTS>,
): void {
  const interval = parseDuration(options.interval);
  if (interval === undefined) {
    throw new UsageError(
      `invalid value \`${options.interval}\` of option --interval: expected a duration above 0 such as 5s or 100ms`,
      EVENTS,
    );
  }
  watchContainer(global, id, { stats: options.stats, interval, emit: print });
}
