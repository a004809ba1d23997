/** Value types made of others: records, tuples, lists, flags and handles. */
import type { Abi, CoreValue } from "./abi.ts";
import { type ResourceType, trap } from "./resources.ts";
import { SCALARS } from "./scalars.ts";
import { alignTo, type FlatValues, type ValueType } from "./values.ts";

interface Member {
  readonly type: ValueType;
  readonly offset: number;
}

/** The members one after the other, each aligned. */
function layOut(types: readonly ValueType[]): { members: Member[]; size: number; align: number } {
  let size = 0;
  let align = 1;
  const members: Member[] = [];
  for (const type of types) {
    const offset = alignTo(size, type.align);
    members.push({ type, offset });
    size = offset + type.size;
    align = Math.max(align, type.align);
  }
  return { members, size: alignTo(size, align), align };
}

export function tuple(types: readonly ValueType[]): ValueType {
  const { members, size, align } = layOut(types);
  return {
    kind: "value",
    size,
    align,
    flat: types.flatMap(({ flat }) => flat),
    load: (abi, at) => members.map(({ type, offset }) => type.load(abi, at + offset)),
    store(abi: Abi, at: number, values: readonly never[]) {
      for (const [index, { type, offset }] of members.entries())
        type.store(abi, at + offset, values[index] as never);
    },
    lift: (abi, values) => types.map((type) => type.lift(abi, values)),
    lower(abi: Abi, values: readonly never[], into: CoreValue[]) {
      for (const [index, type] of types.entries()) type.lower(abi, values[index] as never, into);
    },
  };
}

/** A tuple with names. */
export function record(names: readonly string[], types: readonly ValueType[]): ValueType {
  const inner = tuple(types);
  const named = (values: readonly unknown[]) =>
    Object.fromEntries(names.map((name, index) => [name, values[index]] as const));
  const ordered = (value: Readonly<Record<string, unknown>>) => names.map((name) => value[name]) as never;
  return {
    ...inner,
    load: (abi, at) => named(inner.load(abi, at) as unknown[]),
    store: (abi, at, value) => inner.store(abi, at, ordered(value)),
    lift: (abi, values) => named(inner.lift(abi, values) as unknown[]),
    lower: (abi, value, into) => inner.lower(abi, ordered(value), into),
  };
}

export function list(element: ValueType): ValueType {
  const bytes = element === SCALARS.u8;

  function load(abi: Abi, pointer: number, length: number): unknown {
    const at = abi.inside(pointer, length * element.size, element.align);
    if (bytes) return abi.bytes.slice(at, at + length);
    return Array.from({ length }, (_, index) => element.load(abi, at + index * element.size));
  }

  function store(abi: Abi, values: Uint8Array | readonly never[]): number {
    const pointer = abi.allocate(values.length * element.size, element.align);
    if (bytes) abi.bytes.set(values as Uint8Array, pointer);
    else {
      let at = pointer;
      for (const value of values as readonly never[]) {
        element.store(abi, at, value);
        at += element.size;
      }
    }
    return pointer;
  }

  return {
    kind: "value",
    size: 8,
    align: 4,
    flat: ["i32", "i32"],
    load: (abi, at) => load(abi, abi.view.getUint32(at, true), abi.view.getUint32(at + 4, true)),
    store(abi: Abi, at: number, values: readonly never[]) {
      const pointer = store(abi, values);
      abi.view.setUint32(at, pointer, true);
      abi.view.setUint32(at + 4, values.length, true);
    },
    lift: (abi, values) => {
      const pointer = values.number() >>> 0;
      return load(abi, pointer, values.number() >>> 0);
    },
    lower(abi: Abi, value: readonly never[], into: CoreValue[]) {
      into.push(store(abi, value) | 0, value.length | 0);
    },
  };
}

const MOST_FLAGS = 32;

/** A bit for each label, the first the lowest. */
export function flags(labels: readonly string[]): ValueType {
  if (labels.length === 0 || labels.length > MOST_FLAGS) throw new RangeError("1 to 32 flags are supported");
  const word = labels.length <= 8 ? SCALARS.u8 : labels.length <= 16 ? SCALARS.u16 : SCALARS.u32;
  const setOf = (bits: number): ReadonlySet<string> =>
    new Set(labels.filter((_, bit) => ((bits >>> bit) & 1) === 1));
  const bitsOf = (set: ReadonlySet<string>) =>
    labels.reduce((bits, label, bit) => (set.has(label) ? bits | (1 << bit) : bits), 0) as never;
  return {
    ...word,
    load: (abi, at) => setOf(word.load(abi, at) as number),
    store: (abi, at, value) => word.store(abi, at, bitsOf(value)),
    lift: (abi, values) => setOf(word.lift(abi, values) as number),
    lower: (abi, value, into) => word.lower(abi, bitsOf(value), into),
  };
}

/** A handle's number, and the conversions of what it stands for. */
function handle(
  take: (abi: Abi, index: number) => unknown,
  give: (abi: Abi, representation: unknown) => number,
): ValueType {
  const word = SCALARS.u32;
  return {
    ...word,
    load: (abi, at) => take(abi, word.load(abi, at) as number),
    store: (abi, at, value) => word.store(abi, at, give(abi, value) as never),
    lift: (abi: Abi, values: FlatValues) => take(abi, word.lift(abi, values) as number),
    lower: (abi, value, into) => word.lower(abi, give(abi, value) as never, into),
  };
}

export function own(type: ResourceType): ValueType {
  return handle(
    ({ instance }, index) => instance.handles.takeOwn(index, type),
    ({ instance }, representation) => instance.handles.addOwn(type, representation),
  );
}

export function borrow(type: ResourceType): ValueType {
  return handle(
    ({ instance, scope }, index) => instance.handles.lend(index, type, scope),
    ({ instance, scope }, representation) =>
      type.owner === instance
        ? (representation as number)
        : instance.handles.addBorrow(type, representation, scope),
  );
}

/** An array of that many elements, one after the other. */
export function fixedList(element: ValueType, length: number): ValueType {
  if (length > 0xffff) trap(`a list of the fixed length ${length} is too long`);
  return tuple(Array.from({ length }, () => element));
}
