/** docs/annotations.md says of every annotation what the table says. */
import { readdirSync, readFileSync } from "node:fs";
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

/** The tests' texts, but for this one's. */
function tests(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !name.endsWith("annotation-table.test.ts"))
    .map((name) => readFileSync(join(directory, name), "utf8"));
}

test("each has a test that names it", () => {
  const top = join(import.meta.dirname, "../..");
  const texts = [...tests(join(top, "src")), ...tests(join(top, "spec-tests"))];
  const untested = ANNOTATIONS.map(({ name }) => name.replace("*", "")).filter(
    (name) => !texts.some((one) => one.includes(name)),
  );
  assert.equal(untested, []);
});

test.run();
