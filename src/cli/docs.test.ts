/** docs/cli.md says of every command and option what the table says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Option } from "./option-types.ts";
import { COMMANDS } from "./table.ts";
import { GLOBAL_OPTIONS } from "./table-options.ts";
import { usageLine } from "./usage.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8");

/** The part of the page under a heading, up to the next of the same level. */
function section(heading: string): string {
  const [, after] = text.split(`\n## ${heading}\n`);
  assert.ok(after !== undefined, `docs/cli.md has no section "${heading}"`);
  return after?.split("\n## ")[0] ?? "";
}

/** "| `-b`, `--bundle DIR` | the bundle … | `.` |" */
function row(option: Option): string {
  const value = option.kind === "flag" ? "" : ` ${option.value}`;
  const names = [
    ...(option.short === undefined ? [] : [`\`-${option.short}\``]),
    ...(option.aliases ?? []).map((alias) => `\`--${alias}\``),
    `\`--${option.name}${value}\``,
  ];
  const words = option.kind === "choice" ? ` (${option.choices.join(", ")})` : "";
  const fallback = option.kind === "flag" || option.kind === "list" ? undefined : option.default;
  const shown = option.defaultText ?? (fallback === undefined ? "" : `\`${fallback}\``);
  return `| ${names.join(", ")} | ${option.help}${words} | ${shown} |`;
}

const rows = (part: string) => part.split("\n").filter((line) => /^\| `-/.test(line));

test("every command has a section with its usage and exactly its options", () => {
  for (const command of COMMANDS) {
    const part = section(command.name);
    assert.ok(part.includes(usageLine("ocirt", command).replace("Usage: ", "    ")), command.name);
    assert.equal(rows(part), command.options.map(row), command.name);
  }
});

test("the global options are all there", () => {
  assert.equal(rows(section("Global options")), GLOBAL_OPTIONS.map(row));
});

test("there is no section for a command that does not exist", () => {
  const sections = [...text.matchAll(/^## (\w[\w-]*)$/gm)].map(([, name]) => name);
  const names = COMMANDS.map(({ name }) => name);
  assert.equal(
    sections.filter((name) => name === name?.toLowerCase()),
    names,
  );
});

test.run();
