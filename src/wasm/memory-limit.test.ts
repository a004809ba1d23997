import { test } from "uvu";
import * as assert from "uvu/assert";
import { limitMemory } from "./memory-limit.ts";
import { scanSections } from "./sections.ts";

const PAGE = 65_536;
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** (export "m" (memory 0)), and a custom section before the memory. */
const EXPORT = [7, 5, 1, 1, 0x6d, 2, 0];
const NAMES = [0, 3, 1, 0x78, 0x79];

const module = (...limits: number[]) =>
  Uint8Array.from([...HEADER, 5, limits.length + 1, 1, ...limits, ...EXPORT]);

function limited(bytes: Uint8Array<ArrayBuffer>, most: number): Uint8Array<ArrayBuffer> {
  const { memory } = scanSections((into, at) => {
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }, bytes.length);
  return memory === undefined ? bytes : limitMemory(bytes, memory, most);
}

/** How many pages the memory can be grown by. */
function room(bytes: Uint8Array<ArrayBuffer>): number {
  const { m } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as { m: WebAssembly.Memory };
  for (let pages = 0; ; pages++) {
    try {
      m.grow(1);
    } catch {
      return pages;
    }
  }
}

test("memory grows to the limit and not beyond", () => {
  assert.is(room(limited(module(0, 1), 5 * PAGE + 100)), 4);
  assert.is(room(limited(module(1, 1, 100), 5 * PAGE)), 4);
  assert.is(room(limited(module(1, 1, 3), 5 * PAGE)), 2);
  // What the module starts with is its own business; a limit of 0 only stops the growth.
  assert.is(room(limited(module(0, 7), 5 * PAGE)), 0);
  assert.is(room(limited(module(0, 7), 0)), 0);
  // A limit of two bytes in LEB128.
  assert.is(room(limited(module(0, 1), 200 * PAGE)), 199);
});

test("a limit above what 32 bits address changes nothing that is seen", () => {
  const bytes = limited(module(0, 1), 2 ** 40);
  assert.ok(WebAssembly.validate(bytes));
});

test("memories that are shared, of 64 bits, or malformed are left as they are", () => {
  for (const limits of [[3, 1, 2], [4, 1], [5, 1, 2], [1], []]) {
    const bytes = module(...limits);
    assert.is(limited(bytes, PAGE), bytes, String(limits));
  }
});

test("the section is found where custom sections before it are left out", () => {
  const bytes = Uint8Array.from([...HEADER, ...NAMES, 5, 3, 1, 0, 1, ...EXPORT]);
  const { memory, kept } = scanSections((into, at) => {
    into.set(bytes.subarray(at, at + into.length));
    return Math.min(into.length, bytes.length - at);
  }, bytes.length);
  assert.equal(memory, { from: 8, to: 13 });
  assert.is(kept.length, 2);
});

test.run();
