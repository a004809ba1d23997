/** Value types of one core value, and strings. */
import type { Abi, CoreType, CoreValue } from "./abi.ts";
import type { PrimitiveName } from "./definitions.ts";
import { trap } from "./resources.ts";
import { loadString, storeString } from "./strings.ts";
import type { FlatValues, ValueType } from "./values.ts";

/** How a scalar is read from and written to memory, and what its value is by its core value. */
interface Scalar {
  readonly size: number;
  readonly flat: CoreType;
  readonly get: (view: DataView, at: number) => CoreValue;
  readonly set: (view: DataView, at: number, value: never) => void;
  readonly lift: (core: never) => unknown;
  readonly lower: (value: never) => CoreValue;
}

function scalar({ size, flat, get, set, lift, lower }: Scalar): ValueType {
  return {
    kind: "value",
    size,
    align: size,
    flat: [flat],
    load: (abi, at) => lift(get(abi.view, at) as never),
    store: (abi, at, value) => set(abi.view, at, lower(value) as never),
    lift: (_abi, values) => lift(values.next() as never),
    lower: (_abi, value, into) => {
      into.push(lower(value));
    },
  };
}

const same = <T>(value: T): T => value;

function integer(bits: 8 | 16 | 32, signed: boolean): ValueType {
  const shift = 32 - bits;
  const narrow = signed
    ? (value: number) => (value << shift) >> shift
    : (value: number) => (value << shift) >>> shift;
  const [get, set] = {
    8: [DataView.prototype.getInt8, DataView.prototype.setInt8] as const,
    16: [DataView.prototype.getInt16, DataView.prototype.setInt16] as const,
    32: [DataView.prototype.getInt32, DataView.prototype.setInt32] as const,
  }[bits];
  return scalar({
    size: bits / 8,
    flat: "i32",
    get: (view, at) => get.call(view, at, true),
    set: (view, at, value) => set.call(view, at, value, true),
    lift: narrow,
    lower: (value: number) => value | 0,
  });
}

function long(lift: (bits: 64, value: bigint) => bigint): ValueType {
  return scalar({
    size: 8,
    flat: "i64",
    get: (view, at) => view.getBigInt64(at, true),
    set: (view, at, value) => view.setBigInt64(at, value, true),
    lift: (core: bigint) => lift(64, core),
    lower: (value: bigint) => BigInt.asIntN(64, value),
  });
}

/** A surrogate is no Unicode scalar value. */
function character(code: number): string {
  const unsigned = code >>> 0;
  if (unsigned > 0x10ffff || (unsigned >= 0xd800 && unsigned < 0xe000))
    return trap(`${unsigned} is no character`);
  return String.fromCodePoint(unsigned);
}

const string: ValueType = {
  kind: "value",
  size: 8,
  align: 4,
  flat: ["i32", "i32"],
  load: (abi, at) => loadString(abi, abi.view.getUint32(at, true), abi.view.getUint32(at + 4, true)),
  store(abi: Abi, at: number, value: string) {
    const [pointer, length] = storeString(abi, value);
    abi.view.setUint32(at, pointer, true);
    abi.view.setUint32(at + 4, length, true);
  },
  lift: (abi: Abi, values: FlatValues) => {
    const pointer = values.number() >>> 0;
    return loadString(abi, pointer, values.number() >>> 0);
  },
  lower(abi: Abi, value: string, into: CoreValue[]) {
    const [pointer, length] = storeString(abi, value);
    into.push(pointer | 0, length | 0);
  },
};

export const SCALARS: Readonly<Record<PrimitiveName, ValueType>> = {
  bool: scalar({
    size: 1,
    flat: "i32",
    get: (view, at) => view.getUint8(at),
    set: (view, at, value) => view.setUint8(at, value),
    lift: (core: number) => core !== 0,
    lower: (value: boolean) => Number(value),
  }),
  s8: integer(8, true),
  u8: integer(8, false),
  s16: integer(16, true),
  u16: integer(16, false),
  s32: integer(32, true),
  u32: integer(32, false),
  s64: long(BigInt.asIntN),
  u64: long(BigInt.asUintN),
  f32: scalar({
    size: 4,
    flat: "f32",
    get: (view, at) => view.getFloat32(at, true),
    set: (view, at, value) => view.setFloat32(at, value, true),
    lift: same,
    lower: same,
  }),
  f64: scalar({
    size: 8,
    flat: "f64",
    get: (view, at) => view.getFloat64(at, true),
    set: (view, at, value) => view.setFloat64(at, value, true),
    lift: same,
    lower: same,
  }),
  char: scalar({
    size: 4,
    flat: "i32",
    get: (view, at) => view.getUint32(at, true),
    set: (view, at, value) => view.setUint32(at, value, true),
    lift: character,
    lower: (value: string) => value.codePointAt(0) ?? 0,
  }),
  string,
};
