import { createContainer } from "../../container/create.ts";
import type { GlobalOptions } from "../../container/options.ts";
import { type CreateArguments, createOptions, planFormat } from "./create-options.ts";

export function run(global: GlobalOptions, given: CreateArguments): void {
  const format = planFormat(given);
  if (format === undefined) createContainer(global, createOptions(given));
  else dryRun().printPlan(global, createOptions(given), format);
}

const dryRun = () => require("./dry-run.ts") as typeof import("./dry-run.ts");
