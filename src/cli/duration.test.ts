import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseDuration } from "./duration.ts";

test("durations of Go", () => {
  for (const [text, milliseconds] of [
    ["5s", 5000],
    ["100ms", 100],
    ["1h2m3.5s", 3_723_500],
    ["1500us", 1.5],
    ["1ns", 1],
  ] as const) {
    assert.is(parseDuration(text), milliseconds, text);
  }
  for (const text of ["", "5", "s", "-1s", "0s", "1 s", "5x", "1s2"])
    assert.is(parseDuration(text), undefined, text);
});

test.run();
