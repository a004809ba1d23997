import { describePlan } from "../../container/dry-run.ts";
import type { CreateOptions, GlobalOptions, PlanFormat } from "../../container/options.ts";
import { print } from "../print.ts";

/** `create --dry-run` and `run --dry-run`. */
export function printPlan(global: GlobalOptions, options: CreateOptions, format: PlanFormat): void {
  const text = describePlan(global, options, format);
  print(text.endsWith("\n") ? text : `${text}\n`);
}
