/** Types and sorts of a component's file. */
import {
  type CoreSort,
  type Definition,
  type ExternType,
  type Labelled,
  PRIMITIVES,
  type PrimitiveName,
  type Sort,
  type SortIndex,
  type TypeDefinition,
  type TypeRef,
  type VariantCase,
} from "./definitions.ts";
import type { Reader } from "./reader.ts";

/** The first primitive's number; the others follow downwards. */
const FIRST_PRIMITIVE = 0x7f - 0x80;

const CORE_SORTS: Readonly<Record<number, CoreSort>> = {
  0: "func",
  1: "table",
  2: "memory",
  3: "global",
  4: "tag",
  16: "type",
  17: "module",
  18: "instance",
};

const SORTS: Readonly<Record<number, Sort>> = {
  1: "func",
  3: "type",
  4: "component",
  5: "instance",
};

export function coreSort(reader: Reader): CoreSort {
  return CORE_SORTS[reader.byte()] ?? reader.fail("an unknown core sort");
}

export function sort(reader: Reader): Sort {
  const byte = reader.byte();
  if (byte === 0x00) return `core-${coreSort(reader)}`;
  return SORTS[byte] ?? reader.fail("an unknown sort");
}

export function sortIndex(reader: Reader): SortIndex {
  return { sort: sort(reader), index: reader.u32() };
}

/** An import's or an export's name. */
export function externName(reader: Reader): string {
  const form = reader.byte();
  if (form > 0x02) reader.fail("an unknown form of a name");
  const name = reader.name();
  // The third form has the rest of a version beside it, which makes no difference here.
  if (form === 0x02) reader.name();
  return name;
}

function primitive(number: number): PrimitiveName | undefined {
  return number < 0 ? PRIMITIVES[FIRST_PRIMITIVE - number] : undefined;
}

function typeRef(reader: Reader): TypeRef {
  const number = reader.typeNumber();
  if (number >= 0) return number;
  return primitive(number) ?? reader.fail("a type that is not supported");
}

const labelled = (reader: Reader): Labelled => ({ name: reader.name(), type: typeRef(reader) });

function variantCase(reader: Reader): VariantCase {
  const found = { name: reader.name(), type: reader.optional(() => typeRef(reader)) };
  // Once a case could refine another one.
  reader.optional(() => reader.u32());
  return found;
}

function functionType(reader: Reader): TypeDefinition {
  const params = reader.vector(() => labelled(reader));
  const form = reader.byte();
  if (form === 0x00) return { kind: "func", params, result: typeRef(reader) };
  if (form !== 0x01 || reader.u32() !== 0) reader.fail("named results are not supported");
  return { kind: "func", params, result: undefined };
}

function resourceType(reader: Reader): TypeDefinition {
  if (reader.byte() !== 0x7f) reader.fail("a resource is not represented by i32");
  return { kind: "resource", destructor: reader.optional(() => reader.u32()) };
}

export function typeDefinition(reader: Reader): TypeDefinition {
  const byte = reader.byte();
  const name = primitive(byte - 0x80);
  if (name !== undefined) return { kind: "primitive", name };
  switch (byte) {
    case 0x72:
      return { kind: "record", fields: reader.vector(() => labelled(reader)) };
    case 0x71:
      return { kind: "variant", cases: reader.vector(() => variantCase(reader)) };
    case 0x70:
      return { kind: "list", element: typeRef(reader) };
    case 0x67:
      return { kind: "list", element: typeRef(reader), length: reader.u32() };
    case 0x6f:
      return { kind: "tuple", elements: reader.vector(() => typeRef(reader)) };
    case 0x6e:
      return { kind: "flags", labels: reader.vector(() => reader.name()) };
    case 0x6d:
      return { kind: "enum", labels: reader.vector(() => reader.name()) };
    case 0x6b:
      return { kind: "option", some: typeRef(reader) };
    case 0x6a:
      return {
        kind: "result",
        ok: reader.optional(() => typeRef(reader)),
        error: reader.optional(() => typeRef(reader)),
      };
    case 0x69:
      return { kind: "own", resource: reader.u32() };
    case 0x68:
      return { kind: "borrow", resource: reader.u32() };
    case 0x40:
      return functionType(reader);
    case 0x41:
      return { kind: "component", declarations: reader.vector(() => declaration(reader)) };
    case 0x42:
      return { kind: "instance", declarations: reader.vector(() => declaration(reader)) };
    case 0x3f:
      return resourceType(reader);
    default:
      return reader.fail(`a type of the form 0x${byte.toString(16)}, which is not supported,`);
  }
}

function declaration(reader: Reader): Definition {
  const byte = reader.byte();
  switch (byte) {
    case 0x00:
      skipCoreType(reader);
      return { kind: "core-type" };
    case 0x01:
      return { kind: "type", type: typeDefinition(reader) };
    case 0x02:
      return alias(reader);
    case 0x03:
      return { kind: "import", name: externName(reader), type: externType(reader) };
    case 0x04:
      return { kind: "export-type", name: externName(reader), type: externType(reader) };
    default:
      return reader.fail("an unknown declaration");
  }
}

export function externType(reader: Reader): ExternType {
  const byte = reader.byte();
  switch (byte) {
    case 0x00:
      if (reader.byte() !== 0x11) reader.fail("an unknown core sort");
      return { kind: "core-module", type: reader.u32() };
    case 0x01:
      return { kind: "func", type: reader.u32() };
    case 0x03: {
      const bound = reader.byte();
      if (bound > 0x01) reader.fail("an unknown bound of a type");
      return { kind: "type", bound: bound === 0x00 ? reader.u32() : "resource" };
    }
    case 0x04:
      return { kind: "component", type: reader.u32() };
    case 0x05:
      return { kind: "instance", type: reader.u32() };
    default:
      return reader.fail("an import or export of a kind that is not supported");
  }
}

export function alias(reader: Reader): Definition {
  const what = sort(reader);
  const target = reader.byte();
  switch (target) {
    case 0x00:
    case 0x01:
      return { kind: "alias", sort: what, instance: reader.u32(), name: reader.name() };
    case 0x02:
      return { kind: "outer", sort: what, count: reader.u32(), index: reader.u32() };
    default:
      return reader.fail("an unknown alias");
  }
}

const CORE_FUNCTION_TYPE = 0x60;
const CORE_MODULE_TYPE = 0x50;

/** A core type is counted and no more. Functions' and modules' are all that toolchains write. */
export function skipCoreType(reader: Reader): void {
  const byte = reader.byte();
  if (byte === CORE_FUNCTION_TYPE) {
    for (let i = 0; i < 2; i++) reader.vector(() => reader.byte());
    return;
  }
  if (byte === CORE_MODULE_TYPE) reader.fail("the type of a core module is not supported");
  reader.fail("a core type that is not supported");
}
