/** Reads the numbers and names of a binary; what lies outside of it, or is no number, is an error that says where. */
import { EngineError } from "../failure.ts";

const text = new TextDecoder("utf-8", { fatal: true });
/** A vector of more elements than bytes that are left can't be. */
const LONGEST_LEB = 5;

export class Reader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  fail(what: string): never {
    throw new EngineError(`the component is not valid: ${what} at byte ${this.#at}`);
  }

  byte(): number {
    if (this.done) this.fail("it is cut off");
    return this.#bytes[this.#at++] as number;
  }

  /** The byte that `byte` would give, undefined at the end. */
  peek(): number | undefined {
    return this.done ? undefined : this.#bytes[this.#at];
  }

  u32(): number {
    let value = 0;
    for (let i = 0; i < LONGEST_LEB; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        if (value >= 2 ** 32) break;
        return value;
      }
    }
    return this.fail("a number is too large");
  }

  /** A signed number of 33 bits: what a type index shares its place with. Negative ones are one byte long. */
  typeNumber(): number {
    const first = this.peek() ?? this.byte();
    if (first >= 0x40 && first < 0x80) return this.byte() - 0x80;
    return this.u32();
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    if (length > this.#end - this.#at) this.fail("it is cut off");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  name(): string {
    const bytes = this.bytes(this.u32());
    try {
      return text.decode(bytes);
    } catch {
      return this.fail("a name is not UTF-8");
    }
  }

  vector<T>(element: () => T): T[] {
    const count = this.u32();
    if (count > this.#end - this.#at) this.fail("a vector is longer than the rest");
    return Array.from({ length: count }, element);
  }

  optional<T>(element: () => T): T | undefined {
    const there = this.byte();
    if (there > 1) this.fail("neither there nor not");
    return there === 1 ? element() : undefined;
  }

  /** A reader of the next bytes alone, which are left out here. */
  part(length: number): Reader {
    const from = this.#at;
    this.bytes(length);
    return new Reader(this.#bytes, from, from + length);
  }
}
