import { explainBundle } from "../../container/explain.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { counts, explanationText } from "../../explain/report.ts";
import type { CommandArguments } from "../option-types.ts";
import { print, printJson } from "../print.ts";
import type { EXPLAIN } from "../table-diagnose.ts";

const SOMETHING_FAILS = 1;

export function run(
  global: GlobalOptions,
  { options }: CommandArguments<typeof EXPLAIN>,
): number | undefined {
  const { bundle, config } = options;
  const steps = explainBundle(global, { bundle, ...(config === undefined ? {} : { config }) });
  const { failures, warnings } = counts(steps);
  if (options.json) printJson({ steps, failures, warnings });
  else print(explanationText(steps));
  return failures > 0 ? SOMETHING_FAILS : undefined;
}
