import { test } from "uvu";
import * as assert from "uvu/assert";
import { verdictOf } from "./verdict.ts";

const run = (stdout: string, status = 0, stderr = "") => verdictOf({ status, stdout, stderr });
const passed = { passed: true, reason: "" };

test("all tests ok, or skipped, or known to fail by the suite", () => {
  assert.equal(run("TAP version 13\nok 1 - a\nok 2 # SKIP b\nnot ok 3 # TODO - c\n1..3\n"), passed);
});

test("a test that is not ok", () => {
  assert.equal(run("ok 1 - a\nnot ok 2 - the limit\n1..2\n"), { passed: false, reason: "the limit" });
  assert.is(run("not ok 1\n1..1\n").passed, false);
});

test("a diagnostic with an error: of no test it is a failure, of a test that is ok it is none", () => {
  const diagnostic = '  ---\n  {\n    "error": "hooks \\"in order\\"\\nRefer to: x"\n  }\n  ...\n';
  assert.equal(run(`TAP version 13\n${diagnostic}1..0\n`), { passed: false, reason: 'hooks "in order"' });
  assert.equal(run(`ok 1 - refused\n${diagnostic}1..1\n`), passed);
  assert.equal(run("TAP version 13\n1..0\n"), passed);
});

test("a bad end, with the runtime's words", () => {
  const stderr = "failed to create the container\nocirt: no\nexit status 1\n";
  assert.equal(run("ok 1 - a\n", 1, stderr), { passed: false, reason: "ocirt: no" });
  assert.equal(run("", 2), { passed: false, reason: "exit status 2" });
});

test.run();
