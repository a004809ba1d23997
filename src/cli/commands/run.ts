import type { GlobalOptions } from "../../container/options.ts";
import { runContainer } from "../../container/run.ts";
import { createOptions, planFormat, type RunArguments } from "./create-options.ts";

/** The exit code of the container's program; 0 when detached. */
export function run(global: GlobalOptions, given: RunArguments): number {
  const format = planFormat(given);
  if (format !== undefined) {
    dryRun().printPlan(global, createOptions(given), format);
    return 0;
  }
  const { detach, keep } = given.options;
  const noSubreaper = given.options["no-subreaper"];
  return runContainer(global, { ...createOptions(given), detach, keep, noSubreaper });
}

const dryRun = () => require("./dry-run.ts") as typeof import("./dry-run.ts");
