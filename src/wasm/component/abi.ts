/** What every conversion of a value needs: the memory, the allocator, the handles of the instance on that side. */
import { type HandleTable, type Scope, trap } from "./resources.ts";

export type CoreType = "i32" | "i64" | "f32" | "f64";
export type CoreValue = number | bigint;
export type CoreFunction = (...values: CoreValue[]) => CoreValue | undefined;
export type Encoding = "utf8" | "utf16" | "latin1+utf16";

/** As the specification has it: one more goes through memory. */
export const MOST_FLAT_PARAMS = 16;
export const MOST_FLAT_RESULTS = 1;

/** An instance as far as values of its functions are concerned. */
export interface InstanceState {
  readonly handles: HandleTable;
  /** A function of it runs: it can't be called again before that returns. */
  entered: boolean;
}

export interface AbiOptions {
  readonly encoding: Encoding;
  readonly memory: WebAssembly.Memory | undefined;
  readonly realloc: CoreFunction | undefined;
}

/** One side of one call. */
export class Abi {
  readonly instance: InstanceState;
  readonly scope: Scope;
  readonly encoding: Encoding;
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #realloc: CoreFunction | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  constructor(instance: InstanceState, options: AbiOptions, scope: Scope) {
    this.instance = instance;
    this.scope = scope;
    this.encoding = options.encoding;
    this.#memory = options.memory;
    this.#realloc = options.realloc;
  }

  /** Growing detaches the buffer, and an array over a detached one has no length. */
  #refresh(): void {
    if (this.#bytes.length > 0) return;
    if (this.#memory === undefined) trap("a value is in memory, and the function has none");
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }

  get bytes(): Uint8Array {
    this.#refresh();
    return this.#bytes;
  }

  get view(): DataView {
    this.#refresh();
    return this.#view;
  }

  /** An unsigned offset, checked: `length` bytes at it are in the memory, and it is aligned. */
  inside(pointer: CoreValue, length: number, align: number): number {
    const at = Number(pointer) >>> 0;
    if (at % align !== 0) trap(`the pointer ${at} is not aligned to ${align}`);
    if (at + length > this.bytes.length) trap(`${length} bytes at ${at} are not in the memory`);
    return at;
  }

  /** Memory of the guest's allocator. */
  allocate(size: number, align: number): number {
    return this.reallocate(0, 0, align, size);
  }

  reallocate(old: number, oldSize: number, align: number, size: number): number {
    if (this.#realloc === undefined) return trap("a value needs memory, and the function has no allocator");
    if (size >= 2 ** 32) return trap(`a value of ${size} bytes is too large for the memory`);
    return this.inside(this.#realloc(old, oldSize, align, size | 0) ?? 0, size, align);
  }
}
