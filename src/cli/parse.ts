/**
 * The parser of every command line, driven by the table. Options stand anywhere, in each of the spellings
 * that Go's flag packages and GNU's argp take: `--name value`, `--name=value`, `-name`, `-n value`, `-nvalue`
 * and grouped letters; `--` ends them. An empty text value says "not given", as with runc.
 */
import type { Command, Option, Value, ValuesOf } from "./option-types.ts";
import { COMMANDS } from "./table.ts";
import { GLOBAL_OPTIONS } from "./table-options.ts";
import { suggestion, UsageError } from "./usage-error.ts";

export type GlobalValues = ValuesOf<typeof GLOBAL_OPTIONS>;
export type Values = Readonly<Record<string, Value | undefined>>;

export interface CommandLine {
  readonly global: GlobalValues;
  /** undefined only with --version or --help. */
  readonly command: Command | undefined;
  /** The command's own options, defaults filled in. */
  readonly options: Values;
  readonly positionals: readonly string[];
}

/** Go's strconv.ParseBool. */
const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...{ true: true, True: true, TRUE: true, t: true, T: true, 1: true },
  ...{ false: false, False: false, FALSE: false, f: false, F: false, 0: false },
};

/** Whether a word can only be an option: `-` alone is a file name, and `-1` is a number. */
function looksLikeOption(word: string): boolean {
  return word.length > 1 && word[0] === "-" && !(word[1] !== undefined && word[1] >= "0" && word[1] <= "9");
}

function find(options: readonly Option[], name: string): Option | undefined {
  return options.find(
    (option) => option.name === name || option.short === name || option.aliases?.includes(name),
  );
}

function defaults(options: readonly Option[]): Record<string, Value | undefined> {
  const values: Record<string, Value | undefined> = {};
  for (const option of options) {
    const { kind, name } = option;
    values[name] = kind === "flag" ? false : kind === "list" ? [] : option.default;
  }
  return values;
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  throw new UsageError(
    `unknown command \`${name}\``,
    undefined,
    suggestion(
      name,
      COMMANDS.map((candidate) => candidate.name),
    ),
  );
}

class Parser {
  private readonly words: readonly string[];
  private at = 0;
  private readonly global = defaults(GLOBAL_OPTIONS);
  private command: Command | undefined;
  private options: Record<string, Value | undefined> = {};
  private readonly positionals: string[] = [];

  constructor(words: readonly string[]) {
    this.words = words;
  }

  parse(): CommandLine {
    try {
      return this.read();
    } catch (error) {
      if (error instanceof UsageError) error.global = this.global as unknown as GlobalValues;
      throw error;
    }
  }

  private read(): CommandLine {
    let ended = false;
    while (this.at < this.words.length) {
      const word = this.words[this.at++] ?? "";
      if (ended || this.inRest() || !looksLikeOption(word)) this.plain(word);
      else if (word === "--") ended = true;
      else this.option(word);
    }
    const global = this.global as unknown as GlobalValues;
    if (!global.help && !global.version) this.checkCount();
    return { global, command: this.command, options: this.options, positionals: this.positionals };
  }

  /** Whether the next word is another program's. */
  private inRest(): boolean {
    const positionals = this.command?.positionals ?? [];
    return positionals[Math.min(this.positionals.length, positionals.length - 1)]?.rest === true;
  }

  private plain(word: string): void {
    if (this.command !== undefined) {
      this.positionals.push(word);
      return;
    }
    this.command = findCommand(word);
    this.options = defaults(this.command.options);
  }

  private option(word: string): void {
    const body = word.slice(word[1] === "-" ? 2 : 1);
    const equals = body.indexOf("=");
    const name = equals < 0 ? body : body.slice(0, equals);
    const option = this.lookUp(name);
    if (option !== undefined)
      this.take(option, `--${option.name}`, equals < 0 ? undefined : body.slice(equals + 1));
    else if (word[1] === "-" || !this.letters(body)) throw this.unknown(word, name);
  }

  /** A command's own option hides a global one of the same name: `spec --rootless`. */
  private lookUp(name: string): Option | undefined {
    return (this.command && find(this.command.options, name)) ?? find(GLOBAL_OPTIONS, name);
  }

  /** `-qfjson`: flags by letter, the last letter may take the rest as its value. False: not such a group. */
  private letters(body: string): boolean {
    const group: Option[] = [];
    let rest: string | undefined;
    for (let i = 0; i < body.length && rest === undefined; i++) {
      const option = this.lookUp(body[i] ?? "");
      if (option === undefined || option.short !== body[i]) return false;
      group.push(option);
      if (option.kind !== "flag") rest = body.slice(i + 1);
    }
    for (const option of group) {
      const value = option.kind === "flag" || !rest ? undefined : rest.replace(/^=/, "");
      this.take(option, `-${option.short}`, value);
    }
    return true;
  }

  /** Sets an option from its value, or from the next word where it needs one and has none. */
  private take(option: Option, spelling: string, attached: string | undefined): void {
    const values =
      this.command && find(this.command.options, option.name) === option ? this.options : this.global;
    const value = this.convert(option, spelling, attached ?? this.nextValue(option, spelling));
    const before = values[option.name];
    values[option.name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }

  private nextValue(option: Option, spelling: string): string | undefined {
    if (option.kind === "flag") return undefined;
    const next = this.words[this.at];
    if (next === undefined || looksLikeOption(next)) {
      const hint =
        next === undefined ? undefined : `a value that starts with a dash is given as ${spelling}=VALUE`;
      throw new UsageError(`option ${spelling} needs a value, ${option.value}`, this.command, hint);
    }
    this.at++;
    return next;
  }

  private convert(option: Option, spelling: string, text: string | undefined): Value | undefined {
    const refuse = (expected: string) =>
      new UsageError(`invalid value \`${text}\` of option ${spelling}: expected ${expected}`, this.command);
    switch (option.kind) {
      case "flag": {
        const value = text === undefined ? true : BOOLEANS[text];
        if (value === undefined) throw refuse("true or false");
        return value;
      }
      case "count":
        if (text === undefined || !/^\d{1,9}$/.test(text)) throw refuse("a number from 0 to 999999999");
        return Number(text);
      case "choice":
        if (text === undefined || !option.choices.includes(text)) throw refuse(option.choices.join(" or "));
        return text;
      case "text":
        return text === "" ? option.default : text;
      case "list":
        return text === undefined || text === "" ? [] : [text];
    }
  }

  private unknown(word: string, name: string): UsageError {
    const known = [...(this.command?.options ?? []), ...GLOBAL_OPTIONS].map((option) => option.name);
    const where = this.command === undefined ? "" : ` of ${this.command.name}`;
    return new UsageError(`unknown option \`${word}\`${where}`, this.command, suggestion(name, known, "--"));
  }

  private checkCount(): void {
    if (this.command === undefined) throw new UsageError("no command given", undefined);
    const { name, positionals } = this.command;
    const least = positionals.filter((positional) => !positional.optional).length;
    const given = this.positionals.length;
    const most = positionals.some(({ rest }) => rest) ? Number.POSITIVE_INFINITY : positionals.length;
    if (given >= least && given <= most) return;
    const counts =
      least === most
        ? `exactly ${least}`
        : given < least
          ? `at least ${least}`
          : `at most ${positionals.length}`;
    throw new UsageError(
      `\`${name}\` requires ${counts} argument${counts.endsWith(" 1") ? "" : "s"}, got ${given}`,
      this.command,
    );
  }
}

/**
 * Reads a command line (without the program's name). Throws a UsageError for what is not in the table, for
 * a value that an option can't have, and for a wrong number of arguments.
 */
export function parseCommandLine(words: readonly string[]): CommandLine {
  return new Parser(words).parse();
}

/** The command's part of a command line in the one spelling that every parser reads alike. */
export function canonicalWords(line: CommandLine): string[] {
  const words: string[] = [];
  for (const [name, value] of Object.entries(line.options)) {
    const all = Array.isArray(value) ? value : value === undefined ? [] : [value];
    for (const one of all) words.push(`--${name}=${one}`);
  }
  return [...words, "--", ...line.positionals];
}
