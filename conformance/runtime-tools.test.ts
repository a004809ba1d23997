/**
 * The validation programs of OCI's runtime-tools, against dist/ocirt or the runtime that OCIRT_RUNTIME names: each
 * that a correct runtime passes has to pass.
 */
import { resolve } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EXCUSED, excuseOf } from "./programs.ts";
import { programsHome, programsOf, runSuite, top } from "./suite.ts";

const home = programsHome();
const programs = programsOf(home);
const wanted = programs.filter((name) => excuseOf(name) === undefined);
const path = resolve(process.env.OCIRT_RUNTIME ?? `${top}/dist/ocirt`);
const verdicts = runSuite(home, wanted, { name: "", path });

test("the suite is whole, and every excuse is of one of its programs", () => {
  assert.is(programs.length, 58);
  assert.equal(
    Object.keys(EXCUSED).filter((name) => !programs.includes(name)),
    [],
  );
});

for (const [name, verdict] of verdicts) {
  test(name, async () => {
    const { passed, reason } = await verdict;
    assert.ok(passed, reason);
  });
}

test.run();
