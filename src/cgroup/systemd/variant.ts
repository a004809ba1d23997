/**
 * Values of `org.systemd.property.*` annotations, in the text form of GVariant that runc takes: `true`, `'text'`,
 * `['a', 'b']`, `42`, `uint64 42`. Pure.
 */
import { OcirtError } from "../../errors.ts";
import { SYSTEMD_PROPERTY } from "../../spec/annotations.ts";
import { pointerToken } from "../../spec/pointer.ts";

export type Value = boolean | number | bigint | string | readonly Value[];

/** Name, D-Bus signature, value. */
export type Property = readonly [name: string, signature: string, value: Value];

/** The keywords before a number and their D-Bus types. */
const TYPES: Readonly<Record<string, string>> = {
  byte: "y",
  int16: "n",
  uint16: "q",
  int32: "i",
  uint32: "u",
  int64: "x",
  uint64: "t",
};

function refuse(annotation: string, text: string, reason: string): OcirtError {
  return new OcirtError({
    action: "read the systemd property",
    path: text,
    pointer: `/annotations/${pointerToken(annotation)}`,
    reason,
    hint: "write it as true, 'text', ['a', 'b'], 42 or uint64 42",
  });
}

const STRING = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/s;
const NUMBER = /^(?:(byte|u?int(?:16|32|64))\s+)?(-?(?:0x[0-9a-f]+|\d+))$/i;

function parse(text: string): readonly [string, Value] | undefined {
  const word = text.trim();
  if (word === "true" || word === "false") return ["b", word === "true"];
  const [, single, double] = STRING.exec(word) ?? [];
  const quoted = single ?? double;
  if (quoted !== undefined) return ["s", quoted.replace(/\\(.)/gs, "$1")];
  const [, type = "int32", digits] = NUMBER.exec(word) ?? [];
  if (digits !== undefined) return number(TYPES[type.toLowerCase()] ?? "i", digits);
  const [, inner] = /^\[(.*)\]$/s.exec(word) ?? [];
  return inner === undefined ? undefined : list(inner);
}

function number(signature: string, digits: string): readonly [string, Value] {
  const value = digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
  return [signature, signature === "t" || signature === "x" ? value : Number(value)];
}

/** Elements of one type; commas may stand in strings. */
function list(inner: string): readonly [string, Value] | undefined {
  const elements = inner.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,\s][^,]*/gs) ?? [];
  const parsed = elements.map(parse);
  const [first] = parsed;
  if (first === undefined || parsed.some((one) => one?.[0] !== first[0])) return undefined;
  return [`a${first[0]}`, parsed.map((one) => one?.[1] ?? "")];
}

const MICROSECONDS = 1_000_000;

/** A property that ends with Sec is set by its USec counterpart, as runc does. */
function inMicroseconds([name, signature, value]: Property): Property {
  if (!/[a-z]Sec$/.test(name) || typeof value === "boolean" || typeof value === "object")
    return [name, signature, value];
  const seconds = Number(value);
  if (!Number.isFinite(seconds)) return [name, signature, value];
  return [name.replace(/Sec$/, "USec"), "t", BigInt(Math.round(seconds * MICROSECONDS))];
}

/** The properties that annotations ask for. Throws an OcirtError for a value of no known form. */
export function annotatedProperties(annotations: Readonly<Record<string, string>> = {}): Property[] {
  return Object.entries(annotations).flatMap(([annotation, text]) => {
    if (!annotation.startsWith(SYSTEMD_PROPERTY)) return [];
    const name = annotation.slice(SYSTEMD_PROPERTY.length);
    if (!/^[A-Za-z0-9]{3,}$/.test(name)) throw refuse(annotation, text, "it is no name of a property");
    const parsed = parse(text);
    if (parsed === undefined) throw refuse(annotation, text, "it is no value that is known here");
    return [inMicroseconds([name, ...parsed])];
  });
}
