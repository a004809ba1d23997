/**
 * The sections of a module file (core specification, 5.5): what the engine compiles, and what it leaves on disk.
 * Custom sections, debug information above all, are often most of the file, and reading them costs start time.
 */

/** Reads bytes at a position of the file; how many there were. */
export type ReadAt = (bytes: Uint8Array, position: number) => number;

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Sections {
  /** What is to be compiled, in order; the header is part of the first. */
  readonly kept: readonly Range[];
  /** The content of the custom section "name", after its name. */
  readonly names: Range | undefined;
  /** The memory section with its head, in the kept sections' bytes. */
  readonly memory: Range | undefined;
  /** Whether instantiating the module runs its code. */
  readonly start: boolean;
}

const HEADER = 8;
const CUSTOM = 0;
const MEMORY = 5;
const START = 8;
/** A section's id, its size, and for a custom one its name's length and "name". */
const PROBE = 16;
const NAME = [4, 0x6e, 0x61, 0x6d, 0x65];

/** An unsigned LEB128 number and where it ends; undefined where it is cut or longer than 32 bits. */
export function readUnsigned(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { value, end: at + i + 1 };
  }
  return undefined;
}

/** A malformed file is kept whole: the compiler says what is wrong with it. `keepNames`: the section "name" too. */
export function scanSections(read: ReadAt, size: number, keepNames = false): Sections {
  const kept: { from: number; to: number }[] = [{ from: 0, to: Math.min(HEADER, size) }];
  let names: Range | undefined;
  let memory: Range | undefined;
  /** Bytes that are left out up to here. */
  let gap = 0;
  let start = false;
  const probe = new Uint8Array(PROBE);
  for (let at = HEADER; at < size; ) {
    const bytes = probe.subarray(0, read(probe, at));
    const length = readUnsigned(bytes, 1);
    const end = length === undefined ? size + 1 : at + length.end + length.value;
    if (length === undefined || end > size)
      return { kept: [{ from: 0, to: size }], names: undefined, memory: undefined, start };
    const named = bytes[0] === CUSTOM && NAME.every((byte, index) => bytes[length.end + index] === byte);
    if (named) names = { from: at + length.end + NAME.length, to: end };
    if (bytes[0] === CUSTOM && !(named && keepNames)) {
      gap += end - at;
    } else {
      start ||= bytes[0] === START;
      if (bytes[0] === MEMORY) memory = { from: at - gap, to: end - gap };
      const last = kept.at(-1);
      if (last?.to === at) last.to = end;
      else kept.push({ from: at, to: end });
    }
    at = end;
  }
  return { kept, names, memory, start };
}

/** The kept sections, one after the other. */
export function readSections(read: ReadAt, kept: readonly Range[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(kept.reduce((sum, { from, to }) => sum + to - from, 0));
  let at = 0;
  for (const { from, to } of kept) {
    read(bytes.subarray(at, at + to - from), from);
    at += to - from;
  }
  return bytes;
}
