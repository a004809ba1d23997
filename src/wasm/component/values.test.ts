/** The layouts and conversions of the canonical ABI, on a memory without a component. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Abi, type CoreValue, type Encoding } from "./abi.ts";
import { borrow, flags, list, own, record, tuple } from "./compounds.ts";
import { HandleTable, type ResourceType, Scope } from "./resources.ts";
import { SCALARS } from "./scalars.ts";
import { FlatValues, type ValueType } from "./values.ts";
import { enumeration, option, result, variant } from "./variants.ts";

const state = () => ({ handles: new HandleTable(), entered: false });

function side(encoding: Encoding = "utf8", instance = state(), scope = new Scope()): Abi {
  const memory = new WebAssembly.Memory({ initial: 1 });
  let next = 1024;
  const realloc = (_old: CoreValue, _size: CoreValue, align: CoreValue, size: CoreValue): number => {
    next = Math.ceil(next / Number(align)) * Number(align) + Number(size);
    return next - Number(size);
  };
  return new Abi(instance, { encoding, memory, realloc }, scope);
}

/** Through memory and through core values. */
function roundTrip(type: ValueType, value: unknown, abi = side()): unknown[] {
  type.store(abi, 64, value as never);
  const flat: CoreValue[] = [];
  type.lower(abi, value as never, flat);
  assert.is(flat.length, type.flat.length);
  return [type.load(abi, 64), type.lift(abi, new FlatValues(flat))];
}

const both = (type: ValueType, value: unknown, abi?: Abi) =>
  assert.equal(roundTrip(type, value, abi), [value, value]);

const { bool, u8, s8, u16, s16, u32, s32, u64, s64, f32, f64, char, string } = SCALARS;

test("scalars keep their values at the edges", () => {
  for (const [type, values] of [
    [bool, [false, true]],
    [u8, [0, 255]],
    [s8, [-128, 127]],
    [u16, [0, 65535]],
    [s16, [-32768, 32767]],
    [u32, [0, 2 ** 32 - 1]],
    [s32, [-(2 ** 31), 2 ** 31 - 1]],
    [u64, [0n, 2n ** 64n - 1n]],
    [s64, [-(2n ** 63n), 2n ** 63n - 1n]],
    [f32, [0.5, Number.NEGATIVE_INFINITY]],
    [f64, [Math.PI, -0]],
    [char, ["a", "\u{10ffff}"]],
  ] as const) {
    for (const value of values) both(type, value);
  }
});

test("strings in each encoding", () => {
  for (const encoding of ["utf8", "utf16", "latin1+utf16"] as const) {
    for (const text of ["", "plain", "grüße", "漢字 \u{1f600}"]) both(string, text, side(encoding));
  }
});

test("a string that is not in its encoding traps", () => {
  const abi = side();
  abi.bytes.set([0xff, 0xfe], 512);
  assert.throws(() => string.lift(abi, new FlatValues([512, 2])), /not UTF-8/);
  const wide = side("utf16");
  wide.bytes.set([0x00, 0xd8], 512);
  assert.throws(() => string.lift(wide, new FlatValues([512, 1])), /not UTF-16/);
});

test("a surrogate is no character", () => {
  assert.throws(() => char.lift(side(), new FlatValues([0xd800])), /no character/);
  assert.throws(() => char.lift(side(), new FlatValues([0x110000])), /no character/);
});

test("records are laid out as the specification has it", () => {
  const type = record(["a", "b", "c"], [u8, u64, u16]);
  assert.equal([type.size, type.align], [24, 8]);
  both(type, { a: 1, b: 2n, c: 3 });
  const stat = tuple([u8, list(u8), option(u32)]);
  assert.equal([stat.size, stat.align, stat.flat], [20, 4, ["i32", "i32", "i32", "i32", "i32"]]);
  both(stat, [7, Uint8Array.of(1, 2), 9]);
});

test("lists of anything", () => {
  both(list(string), ["one", "", "three"]);
  both(list(tuple([u8, u64])), [
    [1, 1n],
    [2, 2n],
  ]);
  both(list(u8), Uint8Array.of());
});

test("flags and enums", () => {
  both(flags(["a", "b", "c"]), new Set(["a", "c"]));
  assert.is(flags(Array.from({ length: 9 }, (_, i) => `f${i}`)).size, 2);
  assert.is(flags(Array.from({ length: 17 }, (_, i) => `f${i}`)).size, 4);
  both(enumeration(["x", "y"]), "y");
  assert.throws(() => enumeration(["x", "y"]).lift(side(), new FlatValues([2])), /no case 2/);
});

test("variants join their cases' core values", () => {
  const type = variant([
    { name: "f", type: f32 },
    { name: "i", type: u32 },
    { name: "d", type: tuple([f64, u8]) },
    { name: "none", type: undefined },
  ]);
  assert.equal(type.flat, ["i32", "i64", "i32"]);
  assert.equal([type.size, type.align], [24, 8]);
  both(type, { tag: "f", value: 1.5 });
  both(type, { tag: "i", value: 2 ** 32 - 1 });
  both(type, { tag: "d", value: [-2.25, 4] });
  both(type, { tag: "none" });
  assert.equal(
    variant([
      { name: "f", type: f32 },
      { name: "i", type: u32 },
    ]).flat,
    ["i32", "i32"],
  );
});

test("options of options are told apart; results", () => {
  both(option(u8), undefined);
  both(option(u8), 3);
  const nested = option(option(u8));
  both(nested, undefined);
  both(nested, { some: undefined });
  both(nested, { some: 3 });
  both(result(u8, string), { ok: 1 });
  both(result(u8, string), { error: "why" });
  both(result(undefined, undefined), { error: undefined });
});

test("pointers outside of the memory, and ones that are not aligned, trap", () => {
  const abi = side();
  assert.throws(() => list(u32).lift(abi, new FlatValues([65532, 2])), /not in the memory/);
  assert.throws(() => list(u32).lift(abi, new FlatValues([2, 1])), /not aligned/);
  assert.throws(() => list(u8).lift(abi, new FlatValues([-1, 2])), /not in the memory/);
  assert.throws(() => string.lift(abi, new FlatValues([0, -1])), /too long|not in the memory/);
});

const THING: ResourceType = { kind: "resource", name: "thing", owner: undefined };

test("what is owned is given away once", () => {
  const abi = side();
  const thing = {};
  const flat: CoreValue[] = [];
  own(THING).lower(abi, thing as never, flat);
  assert.is(own(THING).lift(abi, new FlatValues(flat)), thing);
  assert.throws(() => own(THING).lift(abi, new FlatValues(flat)), /no handle/);
});

test("a handle of another type is refused", () => {
  const abi = side();
  const flat: CoreValue[] = [];
  own(THING).lower(abi, {} as never, flat);
  const other: ResourceType = { ...THING, name: "other" };
  assert.throws(() => own(other).lift(abi, new FlatValues(flat)), /is of `thing`, not `other`/);
});

test("what is lent can't be dropped or given away until the call returns", () => {
  const instance = state();
  const scope = new Scope();
  const abi = side("utf8", instance, scope);
  const index = instance.handles.addOwn(THING, {});
  borrow(THING).lift(abi, new FlatValues([index]));
  assert.throws(() => instance.handles.drop(index, THING), /lent/);
  assert.throws(() => instance.handles.takeOwn(index, THING), /lent/);
  scope.end();
  instance.handles.drop(index, THING);
});

test("what is borrowed must be dropped before the call returns", () => {
  const instance = state();
  const scope = new Scope();
  const flat: CoreValue[] = [];
  borrow(THING).lower(side("utf8", instance, scope), {} as never, flat);
  assert.throws(() => scope.end(), /not dropped/);
  instance.handles.drop(flat[0] as number, THING);
  scope.end();
});

test("the owner of a resource borrows its representation itself", () => {
  const instance = state();
  const flat: CoreValue[] = [];
  borrow({ ...THING, owner: instance }).lower(side("utf8", instance), 42 as never, flat);
  assert.equal(flat, [42]);
});

test("dropping what is owned ends it, dropping what is borrowed doesn't", () => {
  const dropped: unknown[] = [];
  const type: ResourceType = { ...THING, drop: (thing) => dropped.push(thing) };
  const { handles } = state();
  const one = handles.addOwn(type, "one");
  const two = handles.addBorrow(type, "two", new Scope());
  handles.drop(one, type);
  handles.drop(two, type);
  assert.equal(dropped, ["one"]);
});

test.run();
