import { test } from "uvu";
import * as assert from "uvu/assert";
import { closingLine, closingLines, outcomeOf, sumOf, withProblems } from "./outcome.ts";

const ending = (total: number, passed: number, skipped = 0) =>
  `• • ✘   (${passed} / ${total})\n\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.20ms\n\n`;

test("counts what uvu counted", () => {
  assert.equal(outcomeOf(0, ending(3, 3, 1)), { passed: 3, failed: 0, skipped: 1, problems: [] });
  assert.equal(outcomeOf(1, ending(3, 1)), { passed: 1, failed: 2, skipped: 0, problems: [] });
});

test("tests that did not run count as failed even where uvu exits with 0", () => {
  assert.equal(outcomeOf(0, ending(4, 0)), { passed: 0, failed: 4, skipped: 0, problems: [] });
});

test("a file that crashes is a failure", () => {
  const { failed, problems } = outcomeOf(139, "• • ");
  assert.is(failed, 1);
  assert.equal(problems, ["ended with status 139 and without uvu's closing lines"]);
});

test("a file without a test is a failure, one with only skipped tests is not", () => {
  assert.equal(outcomeOf(0, ending(0, 0)).problems, ["ran no test"]);
  assert.equal(outcomeOf(0, ending(0, 0, 2)), { passed: 0, failed: 0, skipped: 2, problems: [] });
});

test("a bad exit after good tests is a failure", () => {
  assert.equal(outcomeOf(7, ending(2, 2)).problems, ["ended with status 7 though its tests passed"]);
});

test("a problem of the machine is one more failure, however many things it names", () => {
  const clean = outcomeOf(0, ending(2, 2));
  assert.is(withProblems(clean, []), clean);
  assert.is(withProblems(clean, ["mount /a", "mount /b"]).failed, 1);
});

test("the closing line names skipped tests only where there are some", () => {
  const outcomes = [outcomeOf(0, ending(3, 3)), outcomeOf(1, ending(2, 1))];
  assert.is(closingLine(sumOf(outcomes)), "4 passed, 1 failed");
  assert.is(
    closingLine(sumOf([...outcomes, outcomeOf(0, ending(1, 1, 5))])),
    "5 passed, 1 failed, 5 skipped",
  );
});

test("uvu's own closing lines are found in its output", () => {
  assert.match(closingLines(ending(3, 2)) ?? "", /^ {2}Total: +3\n.*\n.*\n {2}Duration: +1.20ms$/);
  assert.is(closingLines("nothing"), undefined);
});

test.run();
