/**
 * The types of values, each with its layout and its conversions (CanonicalABI.md): from and to memory, from and to
 * the parameters and results of core functions. In JavaScript a value is
 *   bool: boolean; integers up to 32 bits, floats: number; s64, u64: bigint; char, string: string
 *   list: array, of u8 Uint8Array; tuple: array; record: object by field name; flags: set of labels; enum: label
 *   variant: { tag, value }; result: { ok } or { error }; option: undefined or the value, in { some } where the value
 *   may be undefined by itself
 *   own, borrow: the resource's representation
 */
import type { Abi, CoreType, CoreValue } from "./abi.ts";

/** The core values of a call, taken one after the other. */
export class FlatValues {
  readonly #values: readonly CoreValue[];
  #at = 0;

  constructor(values: readonly CoreValue[]) {
    this.#values = values;
  }

  next(): CoreValue {
    return this.#values[this.#at++] as CoreValue;
  }

  number(): number {
    return this.next() as number;
  }
}

export interface ValueType {
  readonly kind: "value";
  /** Bytes in memory, and their alignment. */
  readonly size: number;
  readonly align: number;
  /** The core values that it is passed as. */
  readonly flat: readonly CoreType[];
  load(abi: Abi, at: number): unknown;
  store(abi: Abi, at: number, value: never): void;
  lift(abi: Abi, values: FlatValues): unknown;
  lower(abi: Abi, value: never, into: CoreValue[]): void;
}

export function alignTo(at: number, align: number): number {
  return Math.ceil(at / align) * align;
}
