import { constants } from "node:os";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSignal, SIGNALS } from "./signals.ts";

test("the table has the numbers of this system", () => {
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name !== "SIGUNUSED") assert.is(SIGNALS[name.slice(3)], number, name);
  }
});

test("names in any case, with and without SIG, and numbers", () => {
  for (const text of ["KILL", "SIGKILL", "kill", "sigkill", "SigKill", "9", "09"])
    assert.is(parseSignal(text), 9, text);
  assert.is(parseSignal("0"), 0);
  assert.is(parseSignal("64"), 64);
  assert.is(parseSignal("RTMIN"), 34);
  assert.is(parseSignal("SIGRTMIN+3"), 37);
  assert.is(parseSignal("rtmax-14"), 50);
  assert.is(parseSignal("RTMAX"), 64);
});

test("anything else is refused", () => {
  for (const text of [
    "",
    "FOO",
    "SIG",
    "65",
    "-9",
    "1.5",
    "9x",
    "RTMIN+31",
    "RTMAX-31",
    "RTMIN-1",
    "toString",
    "SIGSIGKILL",
  ]) {
    assert.throws(
      () => parseSignal(text),
      new RegExp(`^unknown signal \`${text.replace(/[+.]/g, "\\$&")}\``),
      text,
    );
  }
});

test.run();
