import { OcirtError } from "../errors.ts";
import type { Command } from "./option-types.ts";
import type { GlobalValues } from "./parse.ts";

/** A wrong command line. Its exit code is 1, as runc's is; docs/cli.md says why. */
export class UsageError extends OcirtError {
  /** The command whose usage helps; undefined where none was recognized. */
  readonly command: Command | undefined;
  /** The global options that stood before the mistake. */
  global: GlobalValues | undefined;

  constructor(text: string, command: Command | undefined, hint?: string) {
    super({ action: text, hint });
    this.name = "UsageError";
    this.command = command;
  }
}

/** Number of single-letter changes between two words (Levenshtein). */
function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

/** "did you mean `x`?" for the nearest of the words, undefined where none is near. */
export function suggestion(given: string, words: readonly string[], prefix = ""): string | undefined {
  const allowed = given.length < 4 ? 1 : 2;
  let best: string | undefined;
  let least = allowed + 1;
  for (const word of words) {
    const changes = distance(given, word);
    if (changes < least) [best, least] = [word, changes];
  }
  return best === undefined ? undefined : `did you mean \`${prefix}${best}\`?`;
}
