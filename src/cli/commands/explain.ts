import { explainContainer } from "../../container/explain.ts";
import { explainBundle } from "../../container/explain-bundle.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { counts, explanationText } from "../../explain/report.ts";
import { doneText } from "../../explain/timeline.ts";
import type { CommandArguments } from "../option-types.ts";
import { print, printJson } from "../print.ts";
import type { EXPLAIN } from "../table-diagnose.ts";

const SOMETHING_FAILS = 1;
/** Stands for the container's id in paths, where none is told. */
const ID = "CONTAINER";

export function run(
  global: GlobalOptions,
  { options, positionals }: CommandArguments<typeof EXPLAIN>,
): number | undefined {
  const [id] = positionals;
  const { bundle, config, json } = options;
  if (id !== undefined && bundle === undefined && config === undefined) {
    explainDone(global, id, json);
    return undefined;
  }
  const given = { id: id ?? ID, bundle: bundle ?? ".", ...(config === undefined ? {} : { config }) };
  const steps = explainBundle(global, given);
  const { failures, warnings } = counts(steps);
  if (json) printJson({ steps, failures, warnings });
  else print(explanationText(steps));
  return failures > 0 ? SOMETHING_FAILS : undefined;
}

/** A container by its id alone is one that is there. */
function explainDone(global: GlobalOptions, id: string, json: boolean): void {
  const explanation = explainContainer(global, id);
  if (json) printJson(explanation);
  else print(doneText(explanation.id, explanation.status, explanation.steps));
}
