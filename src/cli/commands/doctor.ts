import type { GlobalOptions } from "../../container/options.ts";
import { examine } from "../../doctor/checks.ts";
import { gatherFacts } from "../../doctor/facts.ts";
import { findingsText } from "../../doctor/report.ts";
import type { CommandArguments } from "../option-types.ts";
import { print, printJson } from "../print.ts";
import type { DOCTOR } from "../table-diagnose.ts";

const SOMETHING_FAILS = 1;

export function run(global: GlobalOptions, { options }: CommandArguments<typeof DOCTOR>): number | undefined {
  const findings = examine(gatherFacts(global));
  if (options.json) printJson(findings);
  else print(findingsText(findings));
  return findings.some(({ status }) => status === "failure") ? SOMETHING_FAILS : undefined;
}
