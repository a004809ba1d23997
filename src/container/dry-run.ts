/** `create --dry-run`: the plan, and nothing done. */
import { planToJson, planToText } from "../plan/describe.ts";
import type { CreateOptions, GlobalOptions, PlanFormat } from "./options.ts";
import { prepare } from "./prepare.ts";

export function describePlan(global: GlobalOptions, options: CreateOptions, format: PlanFormat): string {
  const { plan } = prepare(global, { ...options, planOnly: true }, true);
  return format === "json" ? planToJson(plan) : planToText(plan);
}
