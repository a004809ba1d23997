import { test } from "uvu";
import * as assert from "uvu/assert";
import { median, ordered, quantile, summarize } from "./stats.ts";

test("the median does not depend on the order and is not moved by one outlier", () => {
  assert.is(median([9, 1, 5]), 5);
  assert.is(median([4, 1, 3, 2]), 2.5);
  assert.is(median([1, 2, 3, 4, 1e9]), 3);
});

test("quantiles lie linearly between neighbours", () => {
  assert.is(quantile([0, 10], 0.25), 2.5);
  assert.is(quantile([7], 0.9), 7);
  assert.throws(() => quantile([], 0.5), RangeError);
});

test("numbers are sorted as numbers", () => {
  assert.equal(summarize([10, 9, 100]), { median: 10, lower: 9.5, upper: 55, min: 9, count: 3 });
});

test("as many rounds as there are orders go through all of them", () => {
  const rounds = [0, 1, 2, 3, 4, 5].map((round) => ordered(["a", "b", "c"], round).join(""));
  assert.equal([...rounds].sort(), ["abc", "acb", "bac", "bca", "cab", "cba"]);
  assert.is(ordered(["a", "b", "c"], 6).join(""), rounds[0]);
  assert.equal(ordered([], 3), []);
});

test.run();
