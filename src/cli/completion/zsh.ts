import type { Option, Positional } from "../option-types.ts";
import { COMMANDS } from "../table.ts";
import { GLOBAL_OPTIONS } from "../table-options.ts";
import { choicesOf, quoted, valueKind, wordsFor } from "./words.ts";

/** Characters that have a meaning in a specification of _arguments. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, "\\$&");

function optionSpec(option: Option): string {
  const kind = valueKind(option);
  const value = option.kind === "flag" ? "" : option.value;
  const actions = {
    none: "",
    any: `:${value}:`,
    words: `:${value}:(${choicesOf(option).join(" ")})`,
    files: `:${value}:_files`,
    directories: `:${value}:_files -/`,
  };
  const tail = `[${plain(option.help)}]${actions[kind]}`;
  const long = `--${option.name}${kind === "none" ? "" : "="}`;
  if (option.short === undefined) return quoted(`${long}${tail}`);
  const exclusive = `(-${option.short} --${option.name})`;
  return `${quoted(`${exclusive}-${option.short}${tail}`)} ${quoted(`${exclusive}${long}${tail}`)}`;
}

function positionalSpec({ name, complete }: Positional, index: number): string {
  const words = wordsFor(complete);
  return quoted(
    `${index + 1}:${name}:${words === "containers" ? "_ocirt_containers" : `(${words.join(" ")})`}`,
  );
}

function commandCase({ name, options, positionals }: (typeof COMMANDS)[number]): string {
  const own = new Set(options.map((option) => option.name));
  const global = GLOBAL_OPTIONS.filter((option) => !own.has(option.name));
  const specs = [...[...options, ...global].map(optionSpec), ...positionals.map(positionalSpec)];
  return `        ${name}) _arguments -s ${specs.join(" ")} ;;`;
}

export function zshScript(): string {
  const commands = COMMANDS.map(({ name, summary }) => quoted(`${name}:${plain(summary)}`)).join(" ");
  return `#compdef ocirt
_ocirt_containers() {
  local -a ids root
  [[ -n \${opt_args[--root]} ]] && root=(--root "\${opt_args[--root]}")
  ids=(\${(f)"$(ocirt $root list --quiet 2>/dev/null)"})
  compadd -a ids
}
_ocirt() {
  local curcontext="$curcontext" state line
  local -a commands
  typeset -A opt_args
  _arguments -C -s ${GLOBAL_OPTIONS.map(optionSpec).join(" ")} '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      commands=(${commands})
      _describe command commands
      ;;
    argument)
      case $line[1] in
${COMMANDS.map(commandCase).join("\n")}
      esac
      ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _ocirt "$@"; else compdef _ocirt ocirt; fi
`;
}
