/** Value types of which one case out of several is there: variants, enums, options and results. */
import type { Abi, CoreType, CoreValue } from "./abi.ts";
import { trap } from "./resources.ts";
import { SCALARS } from "./scalars.ts";
import { alignTo, FlatValues, type ValueType } from "./values.ts";

export interface Case {
  readonly name: string;
  readonly type: ValueType | undefined;
}

interface Variant {
  readonly tag: string;
  readonly value?: unknown;
}

/** The core type that holds either. */
function join(one: CoreType | undefined, other: CoreType): CoreType {
  if (one === undefined || one === other) return other;
  const narrow = (type: CoreType) => type === "i32" || type === "f32";
  return narrow(one) && narrow(other) ? "i32" : "i64";
}

const bits = new DataView(new ArrayBuffer(8));

/** The bits of a core value as one of another type; what is too many is cut off. */
function reinterpret(value: CoreValue, from: CoreType, to: CoreType): CoreValue {
  if (from === to) return value;
  bits.setBigInt64(0, 0n, true);
  if (from === "i32") bits.setInt32(0, value as number, true);
  else if (from === "i64") bits.setBigInt64(0, value as bigint, true);
  else if (from === "f32") bits.setFloat32(0, value as number, true);
  else bits.setFloat64(0, value as number, true);
  if (to === "i32") return bits.getInt32(0, true);
  if (to === "i64") return bits.getBigInt64(0, true);
  return to === "f32" ? bits.getFloat32(0, true) : bits.getFloat64(0, true);
}

const ZERO: Readonly<Record<CoreType, CoreValue>> = { i32: 0, i64: 0n, f32: 0, f64: 0 };

export function variant(cases: readonly Case[]): ValueType {
  const count = cases.length;
  const discriminant = count <= 0x100 ? SCALARS.u8 : count <= 0x10000 ? SCALARS.u16 : SCALARS.u32;
  const payloads = cases.flatMap(({ type }) => (type === undefined ? [] : [type]));
  const align = Math.max(discriminant.align, ...payloads.map((type) => type.align));
  const offset = alignTo(discriminant.size, Math.max(1, ...payloads.map((type) => type.align)));
  const joined: CoreType[] = [];
  for (const { flat } of payloads)
    for (const [index, type] of flat.entries()) joined[index] = join(joined[index], type);

  const caseAt = (index: number): Case => cases[index] ?? trap(`there is no case ${index} of ${count}`);
  const indices = new Map(cases.map(({ name }, index) => [name, index]));
  const indexOf = (tag: string) => indices.get(tag) ?? trap(`there is no case \`${tag}\``);

  return {
    kind: "value",
    size: alignTo(offset + Math.max(0, ...payloads.map((type) => type.size)), align),
    align,
    flat: ["i32", ...joined],
    load(abi: Abi, at: number): Variant {
      const { name, type } = caseAt(discriminant.load(abi, at) as number);
      return type === undefined ? { tag: name } : { tag: name, value: type.load(abi, at + offset) };
    },
    store(abi: Abi, at: number, { tag, value }: Variant) {
      const index = indexOf(tag);
      discriminant.store(abi, at, index as never);
      cases[index]?.type?.store(abi, at + offset, value as never);
    },
    lift(abi: Abi, values: FlatValues): Variant {
      const { name, type } = caseAt(values.number() >>> 0);
      const payload = joined.map(() => values.next());
      if (type === undefined) return { tag: name };
      const own = type.flat.map((wanted, i) =>
        reinterpret(payload[i] as CoreValue, joined[i] as CoreType, wanted),
      );
      return { tag: name, value: type.lift(abi, new FlatValues(own)) };
    },
    lower(abi: Abi, { tag, value }: Variant, into: CoreValue[]) {
      const index = indexOf(tag);
      into.push(index);
      const type = cases[index]?.type;
      const own: CoreValue[] = [];
      type?.lower(abi, value as never, own);
      for (const [i, wanted] of joined.entries()) {
        const has = type?.flat[i];
        into.push(has === undefined ? ZERO[wanted] : reinterpret(own[i] as CoreValue, has, wanted));
      }
    },
  };
}

/** A variant under another face. */
function mapped(
  inner: ValueType,
  from: (value: Variant) => unknown,
  to: (value: never) => Variant,
): ValueType {
  return {
    ...inner,
    load: (abi, at) => from(inner.load(abi, at) as Variant),
    store: (abi, at, value) => inner.store(abi, at, to(value) as never),
    lift: (abi, values) => from(inner.lift(abi, values) as Variant),
    lower: (abi, value, into) => inner.lower(abi, to(value) as never, into),
  };
}

export function enumeration(labels: readonly string[]): ValueType {
  return mapped(
    variant(labels.map((name) => ({ name, type: undefined }))),
    ({ tag }) => tag,
    (tag: string) => ({ tag }),
  );
}

/** Options, whose value may be undefined by itself. */
const options = new WeakSet<ValueType>();

export function option(some: ValueType): ValueType {
  const inner = variant([
    { name: "none", type: undefined },
    { name: "some", type: some },
  ]);
  const boxed = options.has(some);
  const type = mapped(
    inner,
    ({ tag, value }) => (tag === "none" ? undefined : boxed ? { some: value } : value),
    (value: unknown) => {
      if (value === undefined) return { tag: "none" };
      return { tag: "some", value: boxed ? (value as { some: unknown }).some : value };
    },
  );
  options.add(type);
  return type;
}

export type Result = { readonly ok: unknown } | { readonly error: unknown };

export function result(ok: ValueType | undefined, error: ValueType | undefined): ValueType {
  return mapped(
    variant([
      { name: "ok", type: ok },
      { name: "error", type: error },
    ]),
    ({ tag, value }): Result => (tag === "ok" ? { ok: value } : { error: value }),
    (value: Result) =>
      "error" in value ? { tag: "error", value: value.error } : { tag: "ok", value: value.ok },
  );
}
