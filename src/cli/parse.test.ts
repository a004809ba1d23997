import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Command, Option, Value } from "./option-types.ts";
import { canonicalWords, parseCommandLine } from "./parse.ts";
import { COMMANDS } from "./table.ts";
import { GLOBAL_OPTIONS } from "./table-options.ts";
import { usageLine } from "./usage.ts";
import { UsageError } from "./usage-error.ts";
import { parseWithYargs } from "./yargs.ts";

/** The command, its options that are not at their default, and its positional arguments. */
function read(...words: string[]) {
  const { command, options, positionals } = parseCommandLine(words);
  const plain = parseCommandLine([command?.name ?? "", "--help"]).options;
  const set = Object.entries(options).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(plain[name]),
  );
  return [command?.name, Object.fromEntries(set), ...positionals];
}

function refusal(...words: string[]): string {
  try {
    parseCommandLine(words);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "accepted";
}

test("exec: options end at the container's id, lists keep their order", () => {
  assert.equal(read("exec", "-e", "A=1", "--env=B=-2", "-t", "c1", "ls", "-l", "--", "--cwd", "x"), [
    "exec",
    { env: ["A=1", "B=-2"], tty: true },
    ...["c1", "ls", "-l", "--", "--cwd", "x"],
  ]);
  assert.equal(read("--root", "/r", "exec", "--pid-file", "F", "-p", "J", "--detach", "c1"), [
    "exec",
    { "pid-file": "F", process: "J", detach: true },
    "c1",
  ]);
  assert.equal(read("exec", "-u1:2", "-c", "CAP_KILL", "-dt", "--env", "", "c1", "-x"), [
    "exec",
    { user: "1:2", cap: ["CAP_KILL"], detach: true, tty: true },
    ...["c1", "-x"],
  ]);
  assert.match(refusal("exec"), "requires at least 1 argument");
  assert.match(refusal("exec", "--env", "-x", "c1"), "option --env needs a value, NAME=VALUE");
});

test("what engines call", () => {
  const global = ["--root", "/run/containerd/runc/k8s.io", "--log", "/b/log.json", "--log-format", "json"];
  const line = parseCommandLine([...global, "create", "--bundle", "/b", "--pid-file", "/b/init.pid", "abc"]);
  assert.is(line.global.root, "/run/containerd/runc/k8s.io");
  assert.is(line.global.log, "/b/log.json");
  assert.is(line.global["log-format"], "json");
  assert.equal(line.options.bundle, "/b");
  assert.equal(read("kill", "--all", "id", "9"), ["kill", { all: true }, "id", "9"]);
  assert.equal(read("delete", "--force", "id"), ["delete", { force: true }, "id"]);
  assert.equal(
    read("--log-format=json", "--log", "F", "create", "--bundle", "B", "--preserve-fds", "2", "I"),
    ["create", { bundle: "B", "preserve-fds": 2 }, "I"],
  );
  assert.is(parseCommandLine(["--debug", "start", "id"]).global.debug, true);
});

test("what another program gets is passed on as it is", () => {
  assert.equal(read("ps", "-f", "json", "id"), ["ps", { format: "json" }, "id"]);
  assert.equal(read("ps", "--", "id", "-f"), ["ps", {}, "id", "-f"]);
  assert.equal(read("ps", "id", "-o", "pid", "--", "-f=json"), [
    "ps",
    {},
    "id",
    "-o",
    "pid",
    "--",
    "-f=json",
  ]);
  assert.is(refusal("ps"), "`ps` requires at least 1 argument, got 0");
  assert.is(
    usageLine(
      "ocirt",
      COMMANDS.find(({ name }) => name === "ps"),
    ),
    "Usage: ocirt [OPTION...] ps CONTAINER [PS-OPTION...]",
  );
});

test("options stand anywhere, in every spelling", () => {
  for (const words of [
    ["-b", "X", "-d", "id"],
    ["id", "--bundle", "X", "--detach"],
    ["--bundle=X", "id", "--detach=true"],
    ["-bX", "-d", "id"],
    ["-b=X", "-d=1", "id"],
    ["-dbX", "id"],
    ["-db", "X", "id"],
    ["-bundle", "X", "-detach", "id"],
    ["-bundle=X", "-detach=T", "id"],
    ["--bundle=Y", "-d", "--bundle=X", "--", "id"],
  ]) {
    assert.equal(read("run", ...words), ["run", { bundle: "X", detach: true }, "id"], words.join(" "));
  }
  assert.equal(read("run", "-no-subreaper", "id"), ["run", { "no-subreaper": true }, "id"]);
  assert.equal(read("run", "-d", "--detach=false", "id"), ["run", {}, "id"]);
  assert.is(parseCommandLine(["state", "id", "--root", "/r"]).global.root, "/r");
});

test("what follows -- is never an option, a lone dash and a number never are", () => {
  assert.equal(read("state", "--", "-x"), ["state", {}, "-x"]);
  assert.equal(read("kill", "id", "--", "--all"), ["kill", {}, "id", "--all"]);
  assert.equal(read("kill", "id", "-9"), ["kill", {}, "id", "-9"]);
  assert.equal(read("create", "--config", "-", "id"), ["create", { config: "-" }, "id"]);
});

test("words that look like values are not eaten by flags", () => {
  assert.equal(read("run", "-d", "true"), ["run", { detach: true }, "true"]);
  assert.equal(read("kill", "1e3", "007"), ["kill", {}, "1e3", "007"]);
});

test("an empty text value means that none is given", () => {
  assert.equal(read("create", "--pid-file", "", "--bundle=", "id"), ["create", {}, "id"]);
});

test("spec --rootless is the command's flag, --rootless before it the global option", () => {
  const line = parseCommandLine(["--rootless", "true", "spec", "--rootless"]);
  assert.is(line.global.rootless, "true");
  assert.is(line.options.rootless, true);
  assert.is(parseCommandLine(["spec"]).global.rootless, "auto");
});

test("mistakes are named", () => {
  assert.is(refusal(), "no command given");
  assert.is(refusal("lst"), "unknown command `lst`; did you mean `list`?");
  assert.is(refusal("bogus"), "unknown command `bogus`");
  assert.is(refusal("--bundle", "x", "create"), "unknown option `--bundle`");
  assert.is(refusal("kill", "--al", "id"), "unknown option `--al` of kill; did you mean `--all`?");
  assert.is(refusal("kill", "-ax", "id"), "unknown option `-ax` of kill");
  assert.is(refusal("state"), "`state` requires exactly 1 argument, got 0");
  assert.is(refusal("state", "a", "b"), "`state` requires exactly 1 argument, got 2");
  assert.is(refusal("kill"), "`kill` requires at least 1 argument, got 0");
  assert.is(refusal("kill", "a", "b", "c"), "`kill` requires at most 2 arguments, got 3");
  assert.is(refusal("list", "x"), "`list` requires exactly 0 arguments, got 1");
  assert.is(refusal("list", "-f"), "option --format needs a value, FORMAT");
  assert.is(
    refusal("create", "--bundle", "--pid-file", "x", "id"),
    "option --bundle needs a value, DIR; a value that starts with a dash is given as --bundle=VALUE",
  );
  assert.is(refusal("list", "-f", "xml"), "invalid value `xml` of option --format: expected table or json");
  assert.is(
    refusal("run", "--detach=maybe", "id"),
    "invalid value `maybe` of option --detach: expected true or false",
  );
  assert.is(
    refusal("run", "--preserve-fds", "-1", "id"),
    "invalid value `-1` of option --preserve-fds: expected a number from 0 to 999999999",
  );
  assert.is(
    refusal("--log-format", "x", "list"),
    "invalid value `x` of option --log-format: expected text or json",
  );
});

test("a mistake keeps the global options before it", () => {
  try {
    parseCommandLine(["--log", "F", "--log-format", "json", "kill", "--bogus"]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UsageError);
    assert.is((error as UsageError).global?.log, "F");
    assert.is((error as UsageError).global?.["log-format"], "json");
  }
});

test("no spelling in the table means two things", () => {
  for (const { name, options } of [{ name: "the program", options: [] }, ...COMMANDS]) {
    const own = options.flatMap((option: Option) => [option.name, option.short, ...(option.aliases ?? [])]);
    const spellings = own.filter((spelling) => spelling !== undefined);
    assert.is(new Set(spellings).size, spellings.length, name);
    const global = GLOBAL_OPTIONS.flatMap((option: Option) =>
      option.short === undefined ? [] : [option.short],
    );
    for (const spelling of global) assert.not(spellings.includes(spelling), `${name} -${spelling}`);
  }
});

/** A small generator (mulberry32): the same sequence in each run. */
function generator(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  return { below, pick, chance: (probability: number) => next() < probability };
}

const TEXTS = [
  "x",
  "true",
  "false",
  "0",
  "007",
  "1e3",
  "-",
  "-5",
  "a b",
  "a=b",
  "=",
  "é",
  "--x",
  "-d",
  "[1]",
  "a.b",
  "no-x",
];

interface Generated {
  readonly words: string[];
  readonly options: Record<string, Value>;
  readonly positionals: string[];
  /** Whether yargs reads it alike without help: its own readings of `true` and of dashes are not ours. */
  readonly plain: boolean;
}

function generate(command: Command, random: ReturnType<typeof generator>): Generated {
  const parts: string[][] = [];
  const options: Record<string, Value> = {};
  let plain = true;
  for (const option of command.options) {
    if (random.chance(0.5)) continue;
    const { value, words, simple } = spell(option, random);
    options[option.name] = value;
    parts.push(words);
    plain &&= simple;
  }
  const count =
    command.positionals.length -
    (random.chance(0.5) ? command.positionals.filter((p) => p.optional).length : 0);
  const positionals = Array.from({ length: count }, () => random.pick(TEXTS));
  // yargs takes such a word for the value of a flag before it.
  const looksLikeValue = positionals.some((text) => /^(true|false)$/.test(text));
  const dashes = positionals.some((text) => text.startsWith("-") && text !== "-");
  if (dashes || random.chance(0.3))
    return { words: [...parts.flat(), "--", ...positionals], options, positionals, plain };
  if (command.positionals.some(({ rest }) => rest))
    return {
      words: [...parts.flat(), ...positionals],
      options,
      positionals,
      plain: plain && !looksLikeValue,
    };
  const words = parts.slice();
  // Positional arguments keep their order, options stand anywhere among them.
  let at = 0;
  for (const positional of positionals) {
    at += random.below(words.length - at + 1);
    words.splice(at++, 0, [positional]);
  }
  return {
    words: words.flat(),
    options,
    positionals,
    plain: plain && !looksLikeValue,
  };
}

function spell(
  option: Option,
  random: ReturnType<typeof generator>,
): { value: Value; words: string[]; simple: boolean } {
  const long = random.chance(0.5) || option.short === undefined;
  const name = long ? `--${option.name}` : `-${option.short}`;
  if (option.kind === "flag") {
    const value = random.chance(0.8);
    if (value && random.chance(0.6)) return { value, words: [name], simple: true };
    const text = random.pick(value ? ["true", "1", "T"] : ["false", "0", "F"]);
    return { value, words: [`${name}=${text}`], simple: text.length > 1 };
  }
  const text =
    option.kind === "choice"
      ? random.pick(option.choices)
      : option.kind === "count"
        ? String(random.below(99))
        : random.pick(TEXTS);
  const value = option.kind === "count" ? Number(text) : option.kind === "list" ? [text] : text;
  if (!long && random.chance(0.3) && !text.startsWith("="))
    return { value, words: [`${name}${text}`], simple: false };
  // yargs takes a dash for the end of a list.
  const simple = option.kind !== "list" || !text.startsWith("-");
  if (random.chance(0.5) && !/^-[^\d]/.test(text)) return { value, words: [name, text], simple };
  return { value, words: [`${name}=${text}`], simple: true };
}

test("the own parser reads what was meant, and yargs reads the same: 4000 generated command lines", () => {
  const random = generator(20261123);
  let compared = 0;
  for (let round = 0; round < 4000; round++) {
    const command = random.pick(COMMANDS);
    const { words, options, positionals, plain } = generate(command, random);
    const told = JSON.stringify([command.name, ...words]);
    const line = parseCommandLine([command.name, ...words]);
    assert.equal(line.positionals, positionals, told);
    const defaults = parseCommandLine([command.name, "--help"]).options;
    assert.equal(line.options, { ...defaults, ...options }, told);
    const canonical = canonicalWords(line);
    assert.equal(parseCommandLine([command.name, ...canonical]), line, told);
    assert.equal(parseWithYargs(command, canonical), { options: line.options, positionals }, told);
    if (!plain) continue;
    compared++;
    assert.equal(parseWithYargs(command, words), { options: line.options, positionals }, told);
  }
  assert.ok(compared > 1000, `${compared} lines were given to yargs as they were`);
});

test.run();
