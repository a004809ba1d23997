/**
 * The buffer by which the addon gives addresses: u32 family of WASI (0 none), u32 port in host order, u32 count
 * of bytes, the bytes (an IP address, or a path of AF_UNIX).
 */
import type { WasiNative } from "../../native/wasi.ts";

const SIZE = 256;
const FAMILY = 0;
const PORT = 1;
const LENGTH = 2;
const BYTES = 12;

export class Scratch {
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;

  constructor(native: WasiNative) {
    const buffer = new ArrayBuffer(SIZE);
    this.#words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    native.setScratch(buffer);
  }

  get family(): number {
    return this.#words[FAMILY] as number;
  }

  get port(): number {
    return this.#words[PORT] as number;
  }

  get address(): Uint8Array {
    return this.#bytes.subarray(BYTES, BYTES + (this.#words[LENGTH] as number));
  }
}
