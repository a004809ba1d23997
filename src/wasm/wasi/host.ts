/** What all groups of host functions share: the guest's memory, its descriptors, its arguments. */
import type { WasiNative } from "../../native/wasi.ts";
import { callDirectly } from "../../native/wasi-direct.ts";
import { FdTable } from "./fdtable.ts";
import { PollArrays } from "./poll-arrays.ts";
import { Scratch } from "./scratch.ts";

/** So many calls take as long by Node-API as direct ones and their preparation. */
const OFTEN = 4000;

/** The functions of one group, by their name in the import module. */
export type Group = Record<string, (...values: never[]) => number>;

export interface HostOptions {
  readonly native: WasiNative;
  readonly args: readonly string[];
  /** "KEY=value". */
  readonly env: readonly string[];
  /** Ends the guest; never returns to it. */
  readonly exit: (status: number) => never;
  /** Sockets of AF_UNIX, whose paths are not confined to preopens. */
  readonly allowUnixSockets: boolean;
  /** A text file of the container, undefined where there is none. */
  readonly readText: (path: string) => string | undefined;
}

export class Host {
  readonly native: WasiNative;
  readonly table = new FdTable();
  readonly scratch: Scratch;
  readonly polls: PollArrays;
  readonly args: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
  readonly exit: (status: number) => never;
  readonly allowUnixSockets: boolean;
  readonly readText: (path: string) => string | undefined;
  bytes = new Uint8Array(0);
  view = new DataView(new ArrayBuffer(0));
  #memory: WebAssembly.Memory | undefined;
  /** Calls until the guest counts as one that calls often. */
  #calls = OFTEN;

  constructor(options: HostOptions) {
    this.native = options.native;
    this.scratch = new Scratch(options.native);
    this.polls = new PollArrays(options.native);
    this.args = options.args.map(terminated);
    this.env = options.env.map(terminated);
    this.exit = options.exit;
    this.allowUnixSockets = options.allowUnixSockets;
    this.readText = options.readText;
    this.native.setMemory(new ArrayBuffer(0));
  }

  /** The memory that the guest exports. A start section runs before there is one: every pointer is then EFAULT. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
    this.#refresh();
  }

  /**
   * Must come first in each host function: memory.grow detaches the old buffer, and an array over a detached
   * buffer has no length.
   */
  sync(): void {
    if (--this.#calls === 0) callDirectly(this.native);
    if (this.bytes.length === 0) this.#refresh();
  }

  #refresh(): void {
    if (this.#memory === undefined) return;
    const buffer = this.#memory.buffer;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.native.setMemory(buffer);
  }

  /** Whether `length` bytes at an unsigned offset are all inside the memory. */
  inside(at: number, length: number): boolean {
    return at + length <= this.bytes.length;
  }
}

function terminated(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
