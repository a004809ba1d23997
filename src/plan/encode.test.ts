import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodePlan, PLAN_MAGIC } from "./encode.ts";
import { STEP_KINDS, type Step, tableVersion } from "./steps.ts";

/** Reads a plan as init does: records in place, everything else by offset. */
function reader(plan: Uint8Array) {
  const view = new DataView(plan.buffer, plan.byteOffset, plan.length);
  const u32 = (at: number) => view.getUint32(at, true);
  const text = (at: number) => new TextDecoder().decode(plan.subarray(at, plan.indexOf(0, at)));
  return {
    u32,
    u64: (at: number) => view.getBigUint64(at, true),
    str: (slot: number) => text(u32(slot)),
    strs: (slot: number) => Array.from({ length: u32(slot + 4) }, (_, i) => text(u32(u32(slot) + 4 * i))),
    u32s: (slot: number) => Array.from({ length: u32(slot + 4) }, (_, i) => u32(u32(slot) + 4 * i)),
    bytes: (slot: number) => plan.slice(u32(slot), u32(slot) + u32(slot + 4)),
  };
}

test("a header with the table's version, the count and the size", () => {
  const plan = encodePlan([{ kind: "session" }, { kind: "ready" }]);
  const { u32 } = reader(plan);
  assert.is(u32(0), PLAN_MAGIC);
  assert.is(u32(4), tableVersion());
  assert.is(u32(8), 2);
  assert.is(u32(12), plan.length);
  assert.is(u32(16), STEP_KINDS.indexOf("session"));
  assert.is(u32(24), STEP_KINDS.indexOf("ready"));
});

test("every kind of field comes back as it went in", () => {
  const step: Step = {
    kind: "mount",
    target: "/tmp/ä",
    type: "tmpfs",
    source: "",
    options: ["size=1k", "mode=0700"],
    attributes: 0xffff_ffff_ffff_fff0n,
    propagation: [1, 0xffff_ffff],
    inheritMode: 1,
    ordinary: 0,
    copyUp: 0,
  };
  const { u32, u64, str, strs, u32s } = reader(encodePlan([step]));
  const slot = (index: number) => 24 + 8 * index;
  assert.is(u32(20), 8 + 8 * 9);
  assert.is(str(slot(0)), "/tmp/ä");
  assert.is(u32(slot(0) + 4), 7);
  assert.is(str(slot(2)), "");
  assert.equal(strs(slot(3)), ["size=1k", "mode=0700"]);
  assert.is(u64(slot(4)), 0xffff_ffff_ffff_fff0n);
  assert.equal(u32s(slot(5)), [1, 0xffff_ffff]);
  assert.is(u32(slot(6)), 1);
});

test("the buffer grows with the data, and what was written stays", () => {
  const filter = new Uint8Array(70_000).map((_, index) => index & 0xff);
  const long = "é".repeat(30_000);
  const plan = encodePlan([
    { kind: "hostname", name: long },
    { kind: "seccomp", filter, flags: 7 },
    { kind: "hostname", name: "last" },
  ]);
  const { str, bytes, u32 } = reader(plan);
  assert.is(str(24), long);
  assert.equal(bytes(16 + 16 + 8), filter);
  assert.is(u32(16 + 16 + 16), 7);
  assert.is(str(16 + 16 + 24 + 8), "last");
});

test("a NUL inside a string is refused, never cut", () => {
  assert.throws(
    () => encodePlan([{ kind: "hostname", name: "a\0b" }]),
    (error: Error) => /a string holds a NUL character/.test(error.message),
  );
});

test.run();
