/**
 * The plan as init reads it: a header, one record per step (a header and 8 bytes per field), then the data
 * that strings and lists refer to by offset. Little-endian; nothing in it needs decoding.
 */
import { OcirtError } from "../errors.ts";
import { type FieldKind, STEP_KINDS, STEPS, type Step, type StepKind, tableVersion } from "./steps.ts";

export const PLAN_MAGIC = 0x4e4c504f; // "OPLN"
const HEADER = 16;
const RECORD_HEADER = 8;

interface Layout {
  readonly number: number;
  readonly fields: readonly (readonly [string, FieldKind])[];
}

const layouts = new Map<StepKind, Layout>();

/** Made when a kind is first met: a plan has a third of them. */
function layoutOf(kind: StepKind): Layout {
  let layout = layouts.get(kind);
  if (layout === undefined) {
    const fields = Object.entries(STEPS[kind]) as [string, FieldKind][];
    layout = { number: STEP_KINDS.indexOf(kind), fields };
    layouts.set(kind, layout);
  }
  return layout;
}

/** Encodes the steps; the buffer is ready to be mapped by init. */
export function encodePlan(steps: readonly Step[], version = tableVersion()): Uint8Array {
  let slots = 0;
  for (const step of steps) slots += 1 + layoutOf(step.kind).fields.length;
  const writer = new PlanWriter(HEADER + 8 * slots);
  writer.pair(PLAN_MAGIC, version);
  writer.pair(steps.length, 0);
  for (const step of steps) {
    const { number, fields } = layoutOf(step.kind);
    writer.pair(number, RECORD_HEADER + 8 * fields.length);
    for (const [name, type] of fields) writer.field(type, (step as unknown as Record<string, unknown>)[name]);
  }
  return writer.finish();
}

const encoder = new TextEncoder();
// biome-ignore lint/suspicious/noControlCharactersInRegex: they take one byte, as all of ASCII; NUL does not pass
const NOT_ASCII = /[^\x01-\x7f]/;

/**
 * Records are filled in place. Behind them come the blobs (lists, bytes; aligned to 8), then all strings,
 * which are encoded in one go: a call for each would cost more than all the rest.
 */
class PlanWriter {
  private readonly records: Uint32Array;
  private at = 0;
  private readonly blobs: Uint8Array[] = [];
  private blobsEnd: number;
  private readonly texts: string[] = [];
  private textsLength = 0;
  /** Places that hold an offset into the strings, which is known when the blobs are: words of records … */
  private readonly textWords: number[] = [];
  /** … and whole lists of them. */
  private readonly textLists: Uint32Array[] = [];

  constructor(size: number) {
    this.records = new Uint32Array(size / 4);
    this.blobsEnd = size;
  }

  pair(low: number, high: number): void {
    this.records[this.at++] = low;
    this.records[this.at++] = high;
  }

  field(type: FieldKind, value: unknown): void {
    switch (type) {
      case "u32":
        this.pair(value as number, 0);
        return;
      case "u64":
        this.pair(Number((value as bigint) & 0xffff_ffffn), Number((value as bigint) >> 32n));
        return;
      case "str": {
        this.textWords.push(this.at);
        const start = this.textsLength;
        this.pair(this.text(value as string), this.textsLength - start - 1);
        return;
      }
      case "bytes":
        this.pair(this.blob(value as Uint8Array), (value as Uint8Array).length);
        return;
      case "strs": {
        const list = Uint32Array.from(value as readonly string[], (text) => this.text(text));
        this.textLists.push(list);
        this.pair(this.blob(new Uint8Array(list.buffer)), list.length);
        return;
      }
      case "u32s": {
        const list = Uint32Array.from(value as readonly number[]);
        this.pair(this.blob(new Uint8Array(list.buffer)), list.length);
        return;
      }
    }
  }

  private blob(bytes: Uint8Array): number {
    const offset = this.blobsEnd;
    this.blobs.push(bytes);
    this.blobsEnd += (bytes.length + 7) & ~7;
    return offset;
  }

  /** The string's offset among the strings. */
  private text(text: string): number {
    const offset = this.textsLength;
    let length = text.length;
    if (NOT_ASCII.test(text)) {
      if (text.includes("\0")) {
        throw new OcirtError({
          action: "encode the plan",
          path: text,
          reason: "a string holds a NUL character",
        });
      }
      length = encoder.encode(text).length;
    }
    this.texts.push(text);
    this.textsLength += length + 1;
    return offset;
  }

  finish(): Uint8Array {
    const { records, blobsEnd } = this;
    for (const word of this.textWords) records[word] = (records[word] ?? 0) + blobsEnd;
    for (const list of this.textLists)
      for (let i = 0; i < list.length; i++) list[i] = (list[i] ?? 0) + blobsEnd;
    const size = blobsEnd + this.textsLength;
    records[3] = size;
    const plan = new Uint8Array(size);
    plan.set(new Uint8Array(records.buffer));
    let at = records.byteLength;
    for (const blob of this.blobs) {
      plan.set(blob, at);
      at += (blob.length + 7) & ~7;
    }
    // The last string's NUL is the buffer's own last byte.
    encoder.encodeInto(this.texts.join("\0"), plan.subarray(blobsEnd));
    return plan;
  }
}
