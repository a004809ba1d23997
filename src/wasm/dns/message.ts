/** DNS messages (RFC 1035, 4): one question for addresses, and what an answer says. */

export const TYPE = { a: 1, cname: 5, aaaa: 28 } as const;
const CLASS_IN = 1;
const HEADER = 12;
const FLAG_RECURSION_DESIRED = 0x0100;
const FLAG_RESPONSE = 0x8000;
const FLAG_TRUNCATED = 0x0200;
const MOST_LABEL = 63;
const MOST_NAME = 253;
/** More pointers than any honest name has. */
const MOST_JUMPS = 32;
/** A chain of aliases longer than this is a loop. */
const MOST_ALIASES = 16;

/** The bytes of a question; undefined for what can't be a name. */
export function encodeQuery(id: number, name: string, type: number): Uint8Array<ArrayBuffer> | undefined {
  const absolute = name.endsWith(".") ? name.slice(0, -1) : name;
  const labels = absolute.split(".").map((label) => new TextEncoder().encode(label));
  if (absolute.length > MOST_NAME || labels.some(({ length }) => length === 0 || length > MOST_LABEL)) {
    return undefined;
  }
  const length = labels.reduce((sum, label) => sum + label.length + 1, 1);
  const bytes = new Uint8Array(HEADER + length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, FLAG_RECURSION_DESIRED);
  view.setUint16(4, 1);
  let at = HEADER;
  for (const label of labels) {
    bytes[at] = label.length;
    bytes.set(label, at + 1);
    at += label.length + 1;
  }
  view.setUint16(at + 1, type);
  view.setUint16(at + 3, CLASS_IN);
  return bytes;
}

export interface Answer {
  /** RCODE: 0 no error, 2 server failure, 3 no such name. */
  readonly code: number;
  readonly truncated: boolean;
  /** Where the aliases lead; the name itself without any. */
  readonly canonical: string;
  readonly addresses: readonly Uint8Array[];
}

interface DnsRecord {
  readonly name: string;
  readonly type: number;
  /** Of the record's data, in the message. */
  readonly at: number;
  readonly length: number;
}

class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = HEADER;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** A name, lower case, without the last dot. RangeError where it leaves the message or goes in circles. */
  name(): string {
    const labels: string[] = [];
    let at = this.at;
    let after: number | undefined;
    for (let jumps = 0; ; ) {
      const length = this.view.getUint8(at);
      if ((length & 0xc0) === 0xc0) {
        if (++jumps > MOST_JUMPS) throw new RangeError("a name that points in circles");
        after ??= at + 2;
        at = this.view.getUint16(at) & 0x3fff;
      } else if (length === 0) {
        this.at = after ?? at + 1;
        return labels.join(".").toLowerCase();
      } else {
        if (at + 1 + length > this.bytes.length) throw new RangeError("a name that leaves the message");
        labels.push(new TextDecoder().decode(this.bytes.subarray(at + 1, at + 1 + length)));
        at += 1 + length;
      }
    }
  }

  record(): DnsRecord {
    const name = this.name();
    const type = this.view.getUint16(this.at);
    const length = this.view.getUint16(this.at + 8);
    const at = this.at + 10;
    if (at + length > this.bytes.length) throw new RangeError("a record that leaves the message");
    this.at = at + length;
    return { name, type, at, length };
  }
}

/** What an answer says; undefined where it is none to this question, or not well formed. */
export function decodeAnswer(
  bytes: Uint8Array,
  id: number,
  question: string,
  type: number,
): Answer | undefined {
  try {
    return decode(new Reader(bytes), id, question.replace(/\.$/, "").toLowerCase(), type);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decode(reader: Reader, id: number, question: string, type: number): Answer | undefined {
  const { view } = reader;
  const flags = view.getUint16(2);
  if (view.getUint16(0) !== id || (flags & FLAG_RESPONSE) === 0 || view.getUint16(4) !== 1) return undefined;
  if (reader.name() !== question || view.getUint16(reader.at) !== type) return undefined;
  reader.at += 4;
  const head = { code: flags & 15, truncated: (flags & FLAG_TRUNCATED) !== 0 };
  // A cut message is asked for again: what it still has doesn't count.
  if (head.truncated) return { ...head, canonical: question, addresses: [] };
  const records = Array.from({ length: view.getUint16(6) }, () => reader.record());
  const canonical = follow(reader, records, question);
  const size = type === TYPE.a ? 4 : 16;
  const addresses = records
    .filter((record) => record.type === type && record.name === canonical && record.length === size)
    .map(({ at }) => reader.bytes.slice(at, at + size));
  return { ...head, canonical, addresses };
}

/** The end of the chain of aliases. */
function follow(reader: Reader, records: readonly DnsRecord[], question: string): string {
  let name = question;
  for (let i = 0; i < MOST_ALIASES; i++) {
    const alias = records.find((record) => record.type === TYPE.cname && record.name === name);
    if (alias === undefined) return name;
    reader.at = alias.at;
    name = reader.name();
  }
  return name;
}
