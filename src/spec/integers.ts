/**
 * Integers of 16 and more digits, which JSON.parse rounds to a double. They are rare (an unlimited rlimit is
 * 2^64-1), so that a config without them pays nothing.
 */

const LONG = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** The source text of a number is given to revivers (ECMAScript's "JSON.parse source text access"). */
type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;

export function hasLongIntegers(text: string): boolean {
  return LONG.test(text);
}

/** The bounds of (u)int64 that doubles cannot hold, by the double that they round to, with its neighbours. */
const BOUNDS = [
  { double: 2 ** 64, bound: 2n ** 64n, below: 2 ** 64 - 2048, above: 2 ** 64 },
  { double: 2 ** 63, bound: 2n ** 63n, below: 2 ** 63 - 1024, above: 2 ** 63 },
  { double: -(2 ** 63), bound: -(2n ** 63n), below: -(2 ** 63) - 2048, above: -(2 ** 63) },
];

/** For validation: every number as a double on the right side of the 64-bit bounds. */
export function parseBounded(text: string): unknown {
  return parse(text, (_key, value, { source }) => {
    const bound = BOUNDS.find(({ double }) => double === value);
    if (bound === undefined || source === undefined || !INTEGER.test(source)) return value;
    return BigInt(source) < bound.bound ? bound.below : bound.above;
  });
}

/** For use: integers that a number cannot hold exactly are bigints. */
export function parseExact(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
      ? BigInt(source)
      : value,
  );
}
