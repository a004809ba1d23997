import { test } from "uvu";
import * as assert from "uvu/assert";
import { markdownTable, short } from "./table.ts";

test("columns are as wide as their widest cell, the first one left, the others right", () => {
  const table = markdownTable([
    ["command", "ms"],
    ["run", "11.25"],
  ]);
  assert.is(table, ["| command |    ms |", "| ------- | ----: |", "| run     | 11.25 |"].join("\n"));
});

test("a row that is too short is filled up", () => {
  assert.is(markdownTable([["a", "b"], ["c"]]).split("\n")[2], "| c   |     |");
});

test("three significant digits, without an exponent", () => {
  assert.equal([0, 0.01234, 9.876, 12.34, 123.4, 45678].map(short), [
    "0",
    "0.0123",
    "9.88",
    "12.3",
    "123",
    "45678",
  ]);
});

test.run();
