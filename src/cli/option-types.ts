/** The vocabulary of the command table, and the types of parsed values that follow from an entry of it. */

interface OptionBase {
  /** The long name, without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Other long names for the same. */
  readonly aliases?: readonly string[];
  readonly help: string;
  /** Documented default, where the value is not known before the program runs. */
  readonly defaultText?: string;
}

/** Present or absent; `--name=false` says absent. */
export interface FlagOption extends OptionBase {
  readonly kind: "flag";
}

export interface TextOption extends OptionBase {
  readonly kind: "text";
  /** The value's placeholder in help: DIR. */
  readonly value: string;
  readonly default?: string;
}

/** A decimal number from 0 on. */
export interface CountOption extends OptionBase {
  readonly kind: "count";
  readonly value: string;
  readonly default: number;
}

/** One of the words. */
export interface ChoiceOption extends OptionBase {
  readonly kind: "choice";
  readonly value: string;
  readonly choices: readonly string[];
  readonly default?: string;
}

/** A text for each time that it is given, in order. */
export interface ListOption extends OptionBase {
  readonly kind: "list";
  readonly value: string;
}

export type Option = FlagOption | TextOption | CountOption | ChoiceOption | ListOption;

/** What completion proposes for a positional argument. */
export type Completion = "container" | "signal" | "command" | readonly string[];

export interface Positional {
  /** In upper case, as it stands in usage lines. */
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Any number of words, the last of a command line: options and `--` among them are another program's. */
  readonly rest?: boolean;
  readonly complete: Completion;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More for the command's own help; docs/cli.md says the same at length. */
  readonly description: string;
  /** An engine calls it for each container or probe: it is dispatched without loading yargs. */
  readonly hot: boolean;
  readonly options: readonly Option[];
  readonly positionals: readonly Positional[];
}

export type Value = boolean | string | number | readonly string[];

type ValueOf<O extends Option> = O extends FlagOption
  ? boolean
  : O extends CountOption
    ? number
    : O extends ListOption
      ? readonly string[]
      : O extends { readonly kind: "choice"; readonly choices: readonly (infer Word)[] }
        ? O extends { readonly default: string }
          ? Word
          : Word | undefined
        : O extends { readonly default: string }
          ? string
          : string | undefined;

/** The values of a list of options by name: flags and defaults are always there. */
export type ValuesOf<Options extends readonly Option[]> = {
  readonly [O in Options[number] as O["name"]]: ValueOf<O>;
};

/** What a command's function gets: its own options and its positional arguments in order. */
export interface CommandArguments<C extends Command = Command> {
  readonly options: ValuesOf<C["options"]>;
  readonly positionals: readonly string[];
}
