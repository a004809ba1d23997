// What a program for a 64-bit little-endian machine is linked with: elf(5).
const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;
const NEEDED = 1n;
const STRINGS = 5n;

function segments(file) {
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: file.readBigUInt64LE(at + 16),
      length: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function textAt(file, offset) {
  return file.toString("latin1", offset, file.indexOf(0, offset));
}

/**
 * The loader's path, and the names of the libraries but for the loader, which may be among them. Throws for a program
 * that has no loader.
 */
export function linksOf(file) {
  const all = segments(file);
  const interpreter = all.find(({ type }) => type === INTERPRETER);
  const dynamic = all.find(({ type }) => type === DYNAMIC);
  if (interpreter === undefined || dynamic === undefined) throw new Error("the program is linked statically");
  const loader = textAt(file, interpreter.offset);
  const entries = Array.from({ length: dynamic.length / 16 }, (_, index) => {
    const at = dynamic.offset + index * 16;
    return { tag: file.readBigUInt64LE(at), value: file.readBigUInt64LE(at + 8) };
  });
  const address = entries.find(({ tag }) => tag === STRINGS).value;
  const holds = ({ type, address: from, length }) =>
    type === LOAD && from <= address && address < from + BigInt(length);
  const segment = all.find(holds);
  const strings = segment.offset + Number(address - segment.address);
  const libraries = entries
    .filter(({ tag }) => tag === NEEDED)
    .map(({ value }) => textAt(file, strings + Number(value)))
    .filter((name) => name !== loader.slice(loader.lastIndexOf("/") + 1));
  return { loader, libraries };
}
