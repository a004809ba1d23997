/** What all shells' scripts take from the table. */
import { SIGNALS } from "../../container/signals.ts";
import type { Command, Completion, Option } from "../option-types.ts";
import { COMMANDS } from "../table.ts";

/** How an option's value is completed. */
export type ValueKind = "none" | "words" | "files" | "directories" | "any";

/** Placeholders of values that are paths. */
const PATHS: ReadonlySet<string> = new Set(["FILE", "SOCKET", "TARGET"]);

export function valueKind(option: Option): ValueKind {
  if (option.kind === "flag") return "none";
  if (option.kind === "choice") return "words";
  if (option.kind === "count") return "any";
  if (option.value === "DIR") return "directories";
  return PATHS.has(option.value) ? "files" : "any";
}

export const choicesOf = (option: Option): readonly string[] =>
  option.kind === "choice" ? option.choices : [];

/** `--bundle` and `-b`. */
export const spellings = (option: Option): string[] => [
  `--${option.name}`,
  ...(option.short === undefined ? [] : [`-${option.short}`]),
  ...(option.aliases ?? []).map((alias) => `--${alias}`),
];

/** The words that a positional argument can be; "containers" stands for the ids that `list` prints. */
export function wordsFor(completion: Completion): readonly string[] | "containers" {
  if (completion === "container") return "containers";
  if (completion === "signal") return Object.keys(SIGNALS);
  if (completion === "command") return COMMANDS.map(({ name }) => name);
  return completion;
}

/** A text in single quotes for a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export const commandNames = (): string[] => COMMANDS.map((command: Command) => command.name);
