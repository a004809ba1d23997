/** The values of the options that create and run share, in the terms of the lifecycle functions. */
import type { CreateOptions, PlanFormat } from "../../container/options.ts";
import type { CommandArguments } from "../option-types.ts";
import { CREATE, type RUN } from "../table.ts";
import { UsageError } from "../usage-error.ts";

export type CreateArguments = CommandArguments<typeof CREATE>;
export type RunArguments = CommandArguments<typeof RUN>;

export function createOptions({ options, positionals }: CreateArguments | RunArguments): CreateOptions {
  const { config } = options;
  const pidFile = options["pid-file"];
  const consoleSocket = options["console-socket"];
  const pidfdSocket = options["pidfd-socket"];
  return {
    id: positionals[0] ?? "",
    bundle: options.bundle,
    preserveFds: options["preserve-fds"],
    noPivot: options["no-pivot"],
    noNewKeyring: options["no-new-keyring"],
    ...(config === undefined ? {} : { config }),
    ...(pidFile === undefined ? {} : { pidFile }),
    ...(consoleSocket === undefined ? {} : { consoleSocket }),
    ...(pidfdSocket === undefined ? {} : { pidfdSocket }),
  };
}

/** How the plan is to be printed, or undefined where it is to be carried out. */
export function planFormat({ options }: CreateArguments | RunArguments): PlanFormat | undefined {
  if (options["dry-run"]) return options.format ?? "text";
  if (options.format === undefined) return undefined;
  throw new UsageError("--format is for --dry-run, which is not given", CREATE);
}
