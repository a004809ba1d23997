import { test } from "uvu";
import * as assert from "uvu/assert";
import { functionNames } from "./names.ts";
import { type ReadAt, readSections, readUnsigned, scanSections } from "./sections.ts";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

function text(name: string): number[] {
  return [...leb(name.length), ...Buffer.from(name)];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

function file(...sections: number[][]): { read: ReadAt; size: number; bytes: Uint8Array } {
  const bytes = Uint8Array.from([...HEADER, ...sections.flat()]);
  const read: ReadAt = (into, position) => {
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  };
  return { read, size: bytes.length, bytes };
}

const TYPE = section(1, [1, 0x60, 0, 0]);
const FUNCTION = section(3, [1, 0]);
const START = section(8, [0]);
const CODE = section(10, [1, 2, 0, 0x0b]);
const DEBUG = section(0, [...text(".debug_info"), ...new Array(300).fill(7)]);
const NAMES = section(0, [
  ...text("name"),
  ...section(0, text("mod")),
  ...section(1, [2, 0, ...text("first"), 3, ...text("third")]),
]);

test("custom sections stay on disk, and what is left compiles", () => {
  const { read, size } = file(DEBUG, TYPE, FUNCTION, DEBUG, CODE, NAMES);
  const { kept, start } = scanSections(read, size);
  assert.not(start);
  const bytes = readSections(read, kept);
  assert.equal([...bytes], [...HEADER, ...TYPE, ...FUNCTION, ...CODE]);
  assert.instance(new WebAssembly.Module(bytes), WebAssembly.Module);
  assert.is(kept.length, 3);
});

test("a start section is seen", () => {
  const { read, size } = file(TYPE, FUNCTION, START, CODE);
  assert.ok(scanSections(read, size).start);
});

test("names are found where they are, for the functions asked for", () => {
  const { read, size } = file(TYPE, FUNCTION, CODE, DEBUG, NAMES);
  const { names } = scanSections(read, size);
  assert.ok(names);
  const section = readSections(read, [names as NonNullable<typeof names>]);
  assert.equal(
    [...functionNames(section, new Set([0, 2, 3]))],
    [
      [0, "first"],
      [3, "third"],
    ],
  );
  assert.equal([...functionNames(section, new Set([1]))], []);
  for (let length = 0; length < section.length; length++) {
    assert.ok(functionNames(section.subarray(0, length), new Set([0, 3])).size <= 2);
  }
});

test("a malformed file is left whole for the compiler to judge", () => {
  for (const broken of [[10, 200, 1], [10, 255, 255, 255, 255, 255, 1], [1], [10, 100, 0]]) {
    const { read, size } = file(TYPE, DEBUG, broken);
    assert.equal(scanSections(read, size).kept, [{ from: 0, to: size }], String(broken));
  }
  const empty = file();
  assert.equal(scanSections(empty.read, empty.size).kept, [{ from: 0, to: 8 }]);
});

test("unsigned LEB128", () => {
  const read = (...bytes: number[]) => readUnsigned(Uint8Array.from(bytes), 0);
  assert.equal(read(0xe5, 0x8e, 0x26), { value: 624_485, end: 3 });
  assert.equal(read(0xff, 0xff, 0xff, 0xff, 0x0f), { value: 2 ** 32 - 1, end: 5 });
  assert.is(read(0x80), undefined);
  assert.is(read(0x80, 0x80, 0x80, 0x80, 0x80, 0), undefined);
});

test.run();
