/** docs/compatibility.md has every command and option, and names tests that give them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compatibility, type Row, top } from "./compatibility-testing.ts";
import type { Option } from "./option-types.ts";
import { COMMANDS } from "./table.ts";
import { GLOBAL_OPTIONS } from "./table-options.ts";

const tables = compatibility();
const refused = ({ ocirt }: Row) => ocirt.startsWith("refused: ");

/** The options of each command by its section in the page. */
const options = new Map<string, readonly Option[]>([
  ["Global options", GLOBAL_OPTIONS],
  ...COMMANDS.map((command) => [command.name, command.options] as const),
]);

/** The test files of a row that are missing, or do not give what the row is of. */
function unproved({ proof }: Row, given: RegExp): string[] {
  if (proof.length === 0) return ["no test is named"];
  return proof.filter(
    (file) => !existsSync(join(top, file)) || !given.test(readFileSync(join(top, file), "utf8")),
  );
}

test("every command has a row, and exactly those of the command table are not refused", () => {
  const rows = tables.get("Commands") ?? [];
  assert.equal(
    rows.filter((row) => !refused(row)).map(({ names }) => names[0]),
    COMMANDS.map(({ name }) => name),
  );
});

test("every option has a row in its command's section, with its names", () => {
  for (const [section, table] of options) {
    const rows = (tables.get(section) ?? []).filter((row) => !refused(row));
    assert.equal(
      rows.map(({ names, short }) => [...names, short]),
      table.map((option) => [...(option.aliases ?? []), option.name, option.short]),
      `docs/compatibility.md, section ${section}: one row for each option, in the command table's order`,
    );
  }
});

test("every row that is not refused, or says `not yet`, names a test that gives the command or the flag", () => {
  const wrong: string[] = [];
  for (const [section, rows] of tables) {
    for (const row of rows.filter((row) => !refused(row))) {
      if (row.unproved) continue;
      const words = row.names.join("|");
      const given =
        section === "Commands" ? new RegExp(`\\b(${words})\\b`) : new RegExp(`--(${words})(?![\\w-])`);
      const files = unproved(row, given);
      if (files.length > 0) wrong.push(`${section} ${words}: ${files.join(", ")}`);
    }
  }
  assert.equal(wrong, []);
});

test.run();
