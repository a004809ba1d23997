import { test } from "uvu";
import * as assert from "uvu/assert";
import { doneSteps, doneText, type Kept } from "./timeline.ts";

const STEPS = [
  { kind: "mount", pointer: "/mounts/0", path: "/proc" },
  { kind: "ready" },
  { kind: "awaitStart" },
  { kind: "hook", pointer: "/hooks/startContainer/0", path: "/bin/h" },
  { kind: "execute", pointer: "/process/args", path: "sh" },
];
const CREATE = { host: [["write the record", 5]] as const, init: [7, 1] };
const kept = (start?: Kept["start"]): Kept => ({ steps: STEPS, create: CREATE, start, lateFrom: 3 });

const words = (of: Kept): string[] =>
  doneSteps(of).map(
    ({ command, by, what, microseconds, failed }) =>
      `${command} ${by}: ${what} ${microseconds ?? "-"}${failed === undefined ? "" : ` ${failed}`}`,
  );

test("a created container: the runtime's stages and init's steps up to the wait", () => {
  assert.equal(words(kept()), [
    "create runtime: write the record 5",
    "create init: mount /proc 7",
    "create init: report that it is ready 1",
  ]);
});

test("a started one: what start set off comes after it; what is not measured is told without a time", () => {
  assert.equal(words(kept({ host: [["connect to init", 3]], init: [7, 1, 90, 4, 0xffff_ffff] })), [
    "create runtime: write the record 5",
    "create init: mount /proc 7",
    "create init: report that it is ready 1",
    "create init: wait for start 90",
    "start runtime: connect to init 3",
    "start init: run the hook /bin/h 4",
    "start init: execute the program sh -",
  ]);
});

test("the step that failed is the last, and has the error", () => {
  const steps = doneSteps(kept({ host: [], init: [7, 1, 90], failed: { step: 3, message: "it said no" } }));
  assert.equal(steps.at(-1), {
    command: "start",
    by: "init",
    kind: "hook",
    what: "run the hook /bin/h",
    pointer: "/hooks/startContainer/0",
    failed: "it said no",
  });
  assert.match(
    doneText("c1", "stopped", steps),
    /^container c1: stopped\ncreate, the runtime:\n {8}5 us {2}write the record\n/,
  );
  assert.match(doneText("c1", "stopped", steps), /\n {6}FAILED {2}run the hook .*\n {14}it said no\n$/);
});

test("a failure that is no step's", () => {
  const steps = words(kept({ host: [], init: [], failed: { message: "the engine said no" } }));
  assert.is(steps.at(-1), "start runtime: start the program - the engine said no");
});

test("run: all of it is the creation's", () => {
  const all = doneSteps({ steps: STEPS.slice(3), create: CREATE, start: undefined, lateFrom: 0 });
  assert.equal(
    all.map(({ command, what }) => `${command} ${what}`),
    ["create write the record", "create run the hook /bin/h", "create execute the program sh"],
  );
});

test.run();
