/** What stands under a wrong command line on stderr. */
import type { Command } from "./option-types.ts";

/** "Usage: ocirt [OPTION...] kill CONTAINER [SIGNAL]" */
export function usageLine(program: string, command: Command | undefined): string {
  if (command === undefined) return `Usage: ${program} [OPTION...] COMMAND [OPTION...]`;
  const positionals = command.positionals.map(({ name, optional, rest }) => {
    const word = rest ? `${name}...` : name;
    return optional ? ` [${word}]` : ` ${word}`;
  });
  return `Usage: ${program} [OPTION...] ${command.name}${positionals.join("")}`;
}

export function usageText(program: string, command: Command | undefined): string {
  const topic = command === undefined ? "" : ` ${command.name}`;
  return `${usageLine(program, command)}\nTry \`${program}${topic} --help\`.\n`;
}
