import type { GlobalOptions } from "../../container/options.ts";
import type { Command, CommandArguments } from "../option-types.ts";
import { print } from "../print.ts";
import { programName } from "../program-name.ts";
import { COMMANDS, HELP } from "../table.ts";
import { suggestion, UsageError } from "../usage-error.ts";
import { helpText } from "../yargs.ts";

export async function run(
  _global: GlobalOptions,
  { positionals }: CommandArguments<typeof HELP>,
): Promise<void> {
  const [name] = positionals;
  if (name === undefined) return printHelp(undefined);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return printHelp(command);
  const names = COMMANDS.map((candidate) => candidate.name);
  throw new UsageError(`unknown command \`${name}\``, HELP, suggestion(name, names));
}

export async function printHelp(command: Command | undefined): Promise<void> {
  print(await helpText(programName(), command));
}
