import { test } from "uvu";
import * as assert from "uvu/assert";
import { memoryLeft } from "./memory-left.ts";
import { ENGINE_MEMORY, ENGINE_VIEW } from "./options.ts";

const MIB = 2 ** 20;
const V2 = `anon ${4 * MIB}\nfile ${9 * MIB}\nactive_file ${3 * MIB}\ninactive_file ${2 * MIB}\n`;
const V1 = `active_file 1\ntotal_active_file ${3 * MIB}\ntotal_inactive_file ${2 * MIB}\n`;

test("what is used is others', but for the cache of files", () => {
  const expected = 56 * MIB - 10 * MIB - ENGINE_VIEW;
  assert.is(memoryLeft(56 * MIB, `${15 * MIB}\n`, V2, "v2"), expected);
  assert.is(memoryLeft(56 * MIB, `${15 * MIB}\n`, V1, "v1"), expected);
});

test("where just the engine has room, its module has none to grow", () => {
  assert.is(memoryLeft(20 * MIB, `${20 * MIB}`, "", "v2"), 0);
});

test("where the engine has no room it is not begun", () => {
  assert.throws(
    () => memoryLeft(20 * MIB, `${21 * MIB}`, "", "v2"),
    (error: Error) =>
      error.message ===
      `exec in the container: of its limit ${7 * MIB} bytes of memory are left, too few for another Wasm engine; it needs ${ENGINE_MEMORY}`,
  );
  assert.throws(() => memoryLeft(20 * MIB, `${40 * MIB}`, "", "v1"), /of its limit 0 bytes/);
});

test.run();
