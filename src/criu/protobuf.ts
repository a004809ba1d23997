/** The wire format of protocol buffers, as far as CRIU's messages need it: varints and bytes. */

/** A field's value: numbers and booleans are varints (a negative int32 takes ten bytes), objects are messages. */
export type Value = number | boolean | string | Message;
/** Field numbers to values; of an array each member is one field. Absent values are left out. */
export type Message = ReadonlyMap<number, Value | readonly Value[] | undefined>;

const VARINT = 0;
const LENGTH = 2;

export function encode(message: Message): Uint8Array {
  const bytes: number[] = [];
  for (const [field, value] of message) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as readonly Value[]) : [value as Value])
      encodeField(bytes, field, one);
  }
  return Uint8Array.from(bytes);
}

function encodeField(bytes: number[], field: number, value: Value): void {
  if (typeof value === "number" || typeof value === "boolean") {
    putVarint(bytes, BigInt((field << 3) | VARINT));
    putVarint(bytes, BigInt.asUintN(64, BigInt(value)));
    return;
  }
  const data = typeof value === "string" ? new TextEncoder().encode(value) : encode(value);
  putVarint(bytes, BigInt((field << 3) | LENGTH));
  putVarint(bytes, BigInt(data.length));
  for (const byte of data) bytes.push(byte);
}

function putVarint(bytes: number[], value: bigint): void {
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
}

/** The last value of each field: a number (int32 as signed), or bytes. Throws a RangeError for what is no message. */
export function decode(data: Uint8Array): ReadonlyMap<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = data[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is cut short or too long");
  };
  const skip = (length: number): Uint8Array => {
    if (length > data.length - at) throw new RangeError("a field is cut short");
    at += length;
    return data.subarray(at - length, at);
  };
  while (at < data.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    const type = tag & 7;
    if (type === VARINT) fields.set(field, Number(BigInt.asIntN(64, varint())));
    else if (type === LENGTH) fields.set(field, skip(Number(varint())));
    else if (type === 1) skip(8);
    else if (type === 5) skip(4);
    else throw new RangeError(`field ${field} has the unknown type ${type}`);
  }
  return fields;
}
