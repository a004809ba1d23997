import type { GlobalOptions } from "../../container/options.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { zshScript } from "../completion/zsh.ts";
import type { CommandArguments } from "../option-types.ts";
import { print } from "../print.ts";
import { COMPLETION, SHELLS } from "../table.ts";
import { UsageError } from "../usage-error.ts";

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], () => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function run(_global: GlobalOptions, { positionals }: CommandArguments<typeof COMPLETION>): void {
  const shell = SHELLS.find((name) => name === positionals[0]);
  if (shell === undefined) {
    throw new UsageError(`unknown shell \`${positionals[0]}\`: expected ${SHELLS.join(" or ")}`, COMPLETION);
  }
  print(SCRIPTS[shell]());
}
