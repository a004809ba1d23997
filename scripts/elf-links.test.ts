import { test } from "uvu";
import * as assert from "uvu/assert";

interface Links {
  readonly loader: string;
  readonly libraries: readonly string[];
}

/** By a name that the compiler doesn't follow: the build's scripts have no types. */
const script = new URL("./elf-links.mjs", import.meta.url).href;
const { linksOf } = (await import(script)) as { linksOf: (file: Buffer) => Links };

const LOADER = "/lib64/ld.so";
const STRINGS = 0x300;
const ADDRESS = 0x1000;

/** A file with the given entries of its dynamic section, at ADDRESS in memory. */
function program(entries: readonly (readonly [tag: number, value: number])[], types = [1, 2, 3]): Buffer {
  const file = Buffer.alloc(0x400);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(types.length, 56);
  const places: Record<number, [offset: number, length: number]> = {
    1: [0, 0x400],
    2: [0x200, entries.length * 16],
    3: [0x380, LOADER.length + 1],
  };
  types.forEach((type, index) => {
    const at = 64 + index * 56;
    const [offset, length] = places[type] ?? [0, 0];
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(offset + ADDRESS), at + 16);
    file.writeBigUInt64LE(BigInt(length), at + 32);
  });
  entries.forEach(([tag, value], index) => {
    file.writeBigUInt64LE(BigInt(tag), 0x200 + index * 16);
    file.writeBigUInt64LE(BigInt(value), 0x208 + index * 16);
  });
  file.write("\0libc.so\0ld.so\0", STRINGS, "latin1");
  file.write(LOADER, 0x380, "latin1");
  return file;
}

test("the loader, and the libraries without it", () => {
  const entries = [
    [1, 1],
    [1, 9],
    [5, STRINGS + ADDRESS],
    [0, 0],
  ] as const;
  assert.equal(linksOf(program(entries)), { loader: LOADER, libraries: ["libc.so"] });
});

test("a program without a loader", () => {
  assert.throws(() => linksOf(program([], [1])), /linked statically/);
});

test.run();
