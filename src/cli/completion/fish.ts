import type { Option, Positional } from "../option-types.ts";
import { COMMANDS } from "../table.ts";
import { GLOBAL_OPTIONS } from "../table-options.ts";
import { choicesOf, quoted, valueKind, wordsFor } from "./words.ts";

function optionLine(option: Option, condition: string): string {
  const values = {
    none: "",
    any: " -x",
    words: ` -x -a ${quoted(choicesOf(option).join(" "))}`,
    files: " -r -F",
    directories: " -x -a '(__fish_complete_directories)'",
  };
  const names = `${option.short === undefined ? "" : ` -s ${option.short}`} -l ${option.name}`;
  return `complete -c ocirt${condition}${names}${values[valueKind(option)]} -d ${quoted(option.help)}`;
}

function positionalLine({ name, complete }: Positional, condition: string): string {
  const words = wordsFor(complete);
  const list = words === "containers" ? "(ocirt list --quiet 2>/dev/null)" : words.join(" ");
  return `complete -c ocirt${condition} -a ${quoted(list)} -d ${quoted(name)}`;
}

export function fishScript(): string {
  const lines = ["# fish completion of ocirt", "complete -c ocirt -f"];
  for (const option of GLOBAL_OPTIONS) lines.push(optionLine(option, ""));
  for (const { name, summary, options, positionals } of COMMANDS) {
    lines.push(`complete -c ocirt -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    const condition = ` -n '__fish_seen_subcommand_from ${name}'`;
    for (const option of options) lines.push(optionLine(option, condition));
    for (const positional of positionals) {
      if (positional.complete.length > 0) lines.push(positionalLine(positional, condition));
    }
  }
  return `${lines.join("\n")}\n`;
}
