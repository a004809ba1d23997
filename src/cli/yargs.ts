/**
 * yargs, fed from the table: the help of every command and the values of the commands that are not hot.
 * Loading it costs more than a whole hot command, so this module is imported only when it is needed.
 */
import yargs, { type Argv, type Options } from "yargs";
import { OcirtError } from "../errors.ts";
import type { Command, Option, Value } from "./option-types.ts";
import type { Values } from "./parse.ts";
import { COMMANDS } from "./table.ts";
import { GLOBAL_OPTIONS } from "./table-options.ts";
import { usageLine } from "./usage.ts";

/** Columns of help: the same on every terminal, so that it can be compared and searched. */
const WIDTH = 100;

/** What yargs would otherwise guess from the look of an argument, the table says. */
const LITERAL = {
  "boolean-negation": false,
  "camel-case-expansion": false,
  "dot-notation": false,
  "greedy-arrays": false,
  "duplicate-arguments-array": false,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "short-option-groups": false,
  "strip-aliased": true,
};

const TYPES = { flag: "boolean", text: "string", count: "number", choice: "string", list: "string" } as const;

function describe(option: Option, group: string): Options {
  return {
    alias: [...(option.short === undefined ? [] : [option.short]), ...(option.aliases ?? [])],
    type: TYPES[option.kind],
    array: option.kind === "list",
    describe: option.help,
    group,
    ...(option.kind === "flag" || option.kind === "list" ? {} : { nargs: 1, requiresArg: true }),
    ...(option.kind === "choice" ? { choices: option.choices } : {}),
    ...(option.kind === "flag" || option.kind === "list" || option.default === undefined
      ? {}
      : { default: option.default }),
    ...(option.defaultText === undefined ? {} : { defaultDescription: option.defaultText }),
  };
}

function withOptions(parser: Argv, options: readonly Option[], group: string): Argv {
  return options.reduce((built, option) => built.option(option.name, describe(option, group)), parser);
}

function newParser(words: readonly string[], program: string): Argv {
  return yargs([...words])
    .scriptName(program)
    .locale("en")
    .help(false)
    .version(false)
    .wrap(WIDTH)
    .exitProcess(false)
    .parserConfiguration(LITERAL);
}

/** The help of a command, or of all of them. `program` is the name that it was called by. */
export async function helpText(program: string, command: Command | undefined): Promise<string> {
  let parser = newParser([], program);
  if (command === undefined) {
    parser = parser.usage(usageLine(program, undefined));
    for (const { name, summary } of COMMANDS) parser = parser.command(name, summary);
  } else {
    parser = parser.usage(`${usageLine(program, command)}\n\n${command.description}`);
    for (const { name, help } of command.positionals) parser = parser.positional(name, { describe: help });
    // A global option that the command hides is not reachable behind its name, so it is not shown there.
    parser = withOptions(parser, command.options, "Options:");
  }
  const hidden = new Set(command?.options.map((option) => option.name));
  const global = GLOBAL_OPTIONS.filter((option) => !hidden.has(option.name));
  return `${await withOptions(parser, global, "Global options:").getHelp()}\n`;
}

/** yargs' own reading of a command's words, in the shape of the own parser's. Throws what yargs refuses. */
export function parseWithYargs(
  command: Command,
  words: readonly string[],
): { readonly options: Values; readonly positionals: readonly string[] } {
  const refuse = (text: string | null, error: Error | undefined): never => {
    throw new OcirtError({ action: `parse the options of ${command.name}`, reason: text ?? error?.message });
  };
  const parser = withOptions(newParser(words, "ocirt"), command.options, "Options:");
  const { _: positionals, $0: _program, ...given } = parser.strictOptions().fail(refuse).parseSync();
  const options: Record<string, Value | undefined> = {};
  for (const option of command.options) {
    const value = given[option.name] as Value | undefined;
    options[option.name] = value ?? { flag: false, list: [] as string[] }[option.kind as string];
  }
  return { options, positionals: positionals.map(String) };
}
