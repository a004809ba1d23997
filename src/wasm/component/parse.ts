/** Reads a component's file, its nested components with it. */
import { EngineError } from "../failure.ts";
import type { CanonOptions, ComponentDefinition, Definition, NamedIndex } from "./definitions.ts";
import {
  alias,
  coreSort,
  externName,
  externType,
  skipCoreType,
  sortIndex,
  typeDefinition,
} from "./parse-types.ts";
import { Reader } from "./reader.ts";

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
/** Components in components; toolchains need two or three. */
const DEEPEST = 100;

/** Throws an EngineError for what is malformed, and for what this host does not support. */
export function parseComponent(bytes: Uint8Array<ArrayBuffer>): ComponentDefinition {
  const reader = new Reader(bytes);
  return component(reader, 0);
}

function component(reader: Reader, depth: number): ComponentDefinition {
  if (depth > DEEPEST) reader.fail("components are nested too deeply");
  const header = reader.bytes(HEADER.length);
  if (!HEADER.every((byte, index) => header[index] === byte)) {
    const version = (header[4] as number) | ((header[5] as number) << 8);
    throw new EngineError(
      `the component has the binary format's version 0x${version.toString(16)}; only 0xd is supported`,
    );
  }
  const definitions: Definition[] = [];
  while (!reader.done) {
    const id = reader.byte();
    const content = reader.part(reader.u32());
    section(id, content, definitions, depth);
  }
  return { definitions };
}

function section(id: number, reader: Reader, into: Definition[], depth: number): void {
  const all = (one: () => Definition) => {
    for (const definition of reader.vector(one)) into.push(definition);
    if (!reader.done) reader.fail("a section is longer than its content");
  };
  switch (id) {
    case 0:
      return;
    case 1:
      into.push({ kind: "core-module", bytes: reader.bytes(reader.left) });
      return;
    case 2:
      all(() => coreInstance(reader));
      return;
    case 3:
      all(() => {
        skipCoreType(reader);
        return { kind: "core-type" };
      });
      return;
    case 4:
      into.push({ kind: "nested", component: component(reader, depth + 1) });
      return;
    case 5:
      all(() => instance(reader));
      return;
    case 6:
      all(() => alias(reader));
      return;
    case 7:
      all(() => ({ kind: "type", type: typeDefinition(reader) }));
      return;
    case 8:
      all(() => canon(reader));
      return;
    case 10:
      all(() => ({ kind: "import", name: externName(reader), type: externType(reader) }));
      return;
    case 11:
      all(() => exported(reader));
      return;
    default:
      reader.fail(
        id === 9 ? "a start function, which is not supported," : `a section of the unknown kind ${id}`,
      );
  }
}

function coreInstance(reader: Reader): Definition {
  const form = reader.byte();
  if (form === 0x00) {
    const module = reader.u32();
    const args = reader.vector((): NamedIndex => {
      const name = reader.name();
      if (reader.byte() !== 0x12) reader.fail("an argument is no instance");
      return { name, sort: "core-instance", index: reader.u32() };
    });
    return { kind: "core-instance", module, args };
  }
  if (form !== 0x01) reader.fail("an unknown form of a core instance");
  const exports = reader.vector((): NamedIndex => {
    const name = reader.name();
    return { name, sort: `core-${coreSort(reader)}`, index: reader.u32() };
  });
  return { kind: "core-exports", exports };
}

function instance(reader: Reader): Definition {
  const form = reader.byte();
  if (form === 0x00) {
    const index = reader.u32();
    const args = reader.vector((): NamedIndex => ({ name: reader.name(), ...sortIndex(reader) }));
    return { kind: "instance", component: index, args };
  }
  if (form !== 0x01) reader.fail("an unknown form of an instance");
  return {
    kind: "exports",
    exports: reader.vector((): NamedIndex => ({ name: externName(reader), ...sortIndex(reader) })),
  };
}

function exported(reader: Reader): Definition {
  const name = externName(reader);
  const of = sortIndex(reader);
  // A narrower type than the thing's own: nobody looks at it from outside.
  reader.optional(() => externType(reader));
  return { kind: "export", name, of };
}

/** What is there instead of the synchronous functions is preview 3's. */
const ASYNCHRONOUS = "an asynchronous function (WASI preview 3), which is not supported,";

function canon(reader: Reader): Definition {
  const form = reader.byte();
  switch (form) {
    case 0x00: {
      if (reader.byte() !== 0x00) reader.fail("an unknown form of a lifted function");
      const func = reader.u32();
      const options = canonOptions(reader);
      return { kind: "lift", func, options, type: reader.u32() };
    }
    case 0x01:
      if (reader.byte() !== 0x00) reader.fail("an unknown form of a lowered function");
      return { kind: "lower", func: reader.u32(), options: canonOptions(reader) };
    case 0x02:
      return { kind: "resource-new", resource: reader.u32() };
    case 0x03:
      return { kind: "resource-drop", resource: reader.u32() };
    case 0x04:
      return { kind: "resource-rep", resource: reader.u32() };
    default:
      return reader.fail(ASYNCHRONOUS);
  }
}

function canonOptions(reader: Reader): CanonOptions {
  let options: CanonOptions = { encoding: "utf8" };
  reader.vector(() => {
    const option = reader.byte();
    switch (option) {
      case 0x00:
        options = { ...options, encoding: "utf8" };
        break;
      case 0x01:
        options = { ...options, encoding: "utf16" };
        break;
      case 0x02:
        options = { ...options, encoding: "latin1+utf16" };
        break;
      case 0x03:
        options = { ...options, memory: reader.u32() };
        break;
      case 0x04:
        options = { ...options, realloc: reader.u32() };
        break;
      case 0x05:
        options = { ...options, postReturn: reader.u32() };
        break;
      default:
        reader.fail(ASYNCHRONOUS);
    }
  });
  return options;
}
