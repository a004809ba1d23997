import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Step } from "../plan/steps.ts";
import { stepsToText, textToSteps } from "./kept-steps.ts";

const STEPS: readonly Step[] = [
  { kind: "session" },
  { kind: "maskPath", pointer: "/linux/maskedPaths/0", path: "/a\nb\t\u00e9" },
  { kind: "ready" },
];

test("what is kept of steps can be read again", () => {
  assert.equal(textToSteps(stepsToText(STEPS)), [
    { kind: "session" },
    { kind: "maskPath", pointer: "/linux/maskedPaths/0", path: "/a\nb\t\u00e9" },
    { kind: "ready" },
  ]);
});

test("what was cut short is nothing", () => {
  const text = stepsToText(STEPS);
  for (const end of [0, 3, 9, text.length - 1])
    assert.is(textToSteps(text.slice(0, end)), undefined, `${end}`);
});

test.run();
