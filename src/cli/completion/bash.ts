import type { Option, Positional } from "../option-types.ts";
import { COMMANDS } from "../table.ts";
import { GLOBAL_OPTIONS } from "../table-options.ts";
import { choicesOf, commandNames, spellings, valueKind, wordsFor } from "./words.ts";

const FILLS = { files: "compgen -f", directories: "compgen -d" } as const;

/** A line of `case` for each option that takes a value: what to propose after it. */
function valueCases(options: readonly Option[], indent: string): string {
  return options
    .flatMap((option) => {
      const kind = valueKind(option);
      if (kind === "none") return [];
      const fill =
        kind === "words" ? `compgen -W "${choicesOf(option).join(" ")}"` : kind === "any" ? ":" : FILLS[kind];
      const propose = kind === "any" ? "" : `mapfile -t COMPREPLY < <(${fill} -- "$current"); `;
      return [`${indent}${spellings(option).join(" | ")}) ${propose}return ;;`];
    })
    .join("\n");
}

function positionalCase(positional: Positional, index: number): string {
  const words = wordsFor(positional.complete);
  const list =
    words === "containers" ? `$("$program" "\${root[@]}" list --quiet 2>/dev/null)` : words.join(" ");
  return `          ${index}) words="${list}" ;;`;
}

function commandCase({ name, options, positionals }: (typeof COMMANDS)[number]): string {
  const lines = [`    ${name})`, `      options="${options.flatMap(spellings).join(" ")} $options"`];
  const values = valueCases(options, "        ");
  if (values !== "") lines.push(`      case "$previous" in\n${values}\n      esac`);
  const known = positionals.map(positionalCase).join("\n");
  if (known !== "") lines.push(`      case "$count" in\n${known}\n      esac`);
  lines.push("      ;;");
  return lines.join("\n");
}

/** Options that are followed by a value, of any command: their values are not positional arguments. */
function valueOptions(): string {
  const all = [...GLOBAL_OPTIONS, ...COMMANDS.flatMap(({ options }) => options)];
  return [...new Set(all.filter((option) => valueKind(option) !== "none").flatMap(spellings))].join(" | ");
}

/**
 * The bash script. Where one letter takes a value in one command and none in another (-f), completion after
 * it in the latter proposes one argument late; the command line itself is read exactly.
 */
export function bashScript(): string {
  return `# bash completion of ocirt
_ocirt() {
  local program="\${COMP_WORDS[0]}" current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  local command="" words="" count=0 i root=()
  local options="${GLOBAL_OPTIONS.flatMap(spellings).join(" ")}"
  COMPREPLY=()
  # bash splits --name=value into three words.
  if [[ $current == "=" ]]; then current=""; elif [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${valueOptions()})
        [[ \${COMP_WORDS[i + 1]} == "=" ]] && ((i++))
        [[ \${COMP_WORDS[i]} == --root || \${COMP_WORDS[i - 1]} == --root ]] && root=(--root "\${COMP_WORDS[i + 1]}")
        ((i++))
        ;;
      -* | "=") ;;
      *) if [[ -z $command ]]; then command="\${COMP_WORDS[i]}"; else ((count++)); fi ;;
    esac
  done
  case "$previous" in
${valueCases(GLOBAL_OPTIONS, "    ")}
  esac
  case "$command" in
    "") words="${commandNames().join(" ")}" ;;
${COMMANDS.map(commandCase).join("\n")}
  esac
  [[ $current == -* ]] && words="$options"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _ocirt ocirt
`;
}
