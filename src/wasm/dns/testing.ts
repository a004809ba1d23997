/** Answers of a name server, made for tests. */
import { encodeQuery, TYPE } from "./message.ts";

export interface TestRecord {
  readonly name: string;
  readonly type: number;
  /** Address bytes, or the name that an alias leads to. */
  readonly data: Uint8Array | string;
}

function name(text: string): Uint8Array {
  const query = encodeQuery(0, text, TYPE.a) as Uint8Array;
  return query.subarray(12, query.length - 4);
}

/** The answer to a query, with its question and id. Owners are written out; a pointer stands for the question. */
export function answerTo(query: Uint8Array, records: readonly TestRecord[], flags = 0x8180): Uint8Array {
  const question = query.subarray(12);
  const asked = new TextDecoder().decode(question);
  const parts = records.map(({ name: owner, type, data }) => {
    const bytes = typeof data === "string" ? name(data) : data;
    const pointer = Uint8Array.of(0xc0, 12);
    const own = asked.startsWith(new TextDecoder().decode(name(owner))) ? pointer : name(owner);
    const head = new DataView(new ArrayBuffer(10));
    head.setUint16(0, type);
    head.setUint16(2, 1);
    head.setUint16(8, bytes.length);
    return [...own, ...new Uint8Array(head.buffer), ...bytes];
  });
  const header = new DataView(new ArrayBuffer(12));
  header.setUint16(0, new DataView(query.buffer, query.byteOffset).getUint16(0));
  header.setUint16(2, flags);
  header.setUint16(4, 1);
  header.setUint16(6, records.length);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...question, ...parts.flat()]);
}
