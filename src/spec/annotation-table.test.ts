/** docs/annotations.md says of every annotation what the table says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ANNOTATIONS } from "./annotation-table.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/annotations.md"), "utf8");
const rows = text.split("\n").filter((line) => line.startsWith("| `"));

test("the page has a row for each annotation, and no other", () => {
  assert.equal(
    rows,
    ANNOTATIONS.map(({ name, values, effect }) => `| \`${name}\` | ${values} | ${effect} |`),
  );
});

test("each is there once", () => {
  const names = ANNOTATIONS.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

test.run();
