/** A host with a memory and no module, for unit tests: they are the guest. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wasiNative } from "../../native/wasi.ts";
import { preopenedDirectory } from "./fdtable.ts";
import { Host, type HostOptions } from "./host.ts";
import { hostFunctions, PREVIEW1 } from "./imports.ts";
import { RIGHTS_ALL } from "./rights.ts";

const PAGE = 65536;

/** What proc_exit throws here. */
export class Exit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

export type Call = (...values: (number | bigint)[]) => number;

export class Guest {
  readonly host: Host;
  readonly memory = new WebAssembly.Memory({ initial: 2, maximum: 64 });
  readonly call: Record<string, Call>;
  /** Where the next bytes go. */
  #next = 1024;

  constructor(options: Partial<HostOptions> = {}, module = PREVIEW1) {
    this.host = new Host({
      native: wasiNative(),
      args: ["guest"],
      env: [],
      exit: (status) => {
        throw new Exit(status);
      },
      allowUnixSockets: false,
      readText: () => undefined,
      ...options,
    });
    this.host.attach(this.memory);
    this.call = hostFunctions(this.host, module) as unknown as Record<string, Call>;
  }

  get size(): number {
    return this.memory.buffer.byteLength;
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Takes room in the memory, on a border of 8 bytes; zeroed. */
  room(length: number): number {
    const at = this.#next;
    this.#next += (length + 15) & ~7;
    if (this.#next > 2 * PAGE) throw new RangeError("the test needs more memory");
    new Uint8Array(this.memory.buffer).fill(0, at, this.#next);
    return at;
  }

  put(bytes: Uint8Array): number {
    const at = this.room(bytes.length);
    new Uint8Array(this.memory.buffer).set(bytes, at);
    return at;
  }

  /** Pointer and length of a string, as two arguments. */
  text(string: string): [at: number, length: number] {
    const bytes = new TextEncoder().encode(string);
    return [this.put(bytes), bytes.length];
  }

  /** Pointer and count of an array of iovecs over buffers of these bytes. */
  vectors(...buffers: Uint8Array[]): [at: number, count: number, ...buffersAt: number[]] {
    const places = buffers.map((bytes) => this.put(bytes));
    const at = this.room(buffers.length * 8);
    buffers.forEach((bytes, i) => {
      this.view.setUint32(at + i * 8, places[i] as number, true);
      this.view.setUint32(at + i * 8 + 4, bytes.length, true);
    });
    return [at, buffers.length, ...places];
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer).slice(at, at + length);
  }

  string(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes(at, length));
  }

  u16 = (at: number) => this.view.getUint16(at, true);
  u32 = (at: number) => this.view.getUint32(at, true);
  u64 = (at: number) => this.view.getBigUint64(at, true);

  /** A preopened directory; `root` as the container's root directory is. */
  preopen(path: string, root = false): number {
    const fd = this.host.native.openDirectory(path);
    if (fd < 0) throw new Error(`can't open ${path}`);
    return this.host.table.add(preopenedDirectory(fd, new TextEncoder().encode("/"), root));
  }

  /** path_open; the descriptor, or the negative errno. */
  open(dir: number, path: string, options: OpenOptions = {}): number {
    const { oflags = 0, rights = RIGHTS_ALL, fdflags = 0, lookup = 1, inheriting = RIGHTS_ALL } = options;
    const out = this.room(4);
    const errno = this.call.path_open?.(
      dir,
      lookup,
      ...this.text(path),
      oflags,
      BigInt(rights),
      BigInt(inheriting),
      fdflags,
      out,
    );
    return errno === 0 ? this.u32(out) : -(errno as number);
  }

  /** fd_write of a string; the count, or the negative errno. */
  write(fd: number, string: string): number {
    const out = this.room(4);
    const errno = this.call.fd_write?.(
      fd,
      ...this.vectors(new TextEncoder().encode(string)).slice(0, 2),
      out,
    );
    return errno === 0 ? this.u32(out) : -(errno as number);
  }

  /** fd_read of at most so many bytes; the string, or the errno. */
  read(fd: number, most: number): string | number {
    const out = this.room(4);
    const [at, count, buffer = 0] = this.vectors(new Uint8Array(most));
    const errno = this.call.fd_read?.(fd, at, count, out) as number;
    return errno === 0 ? this.string(buffer, this.u32(out)) : errno;
  }
}

export interface OpenOptions {
  readonly oflags?: number;
  readonly rights?: number;
  readonly inheriting?: number;
  readonly fdflags?: number;
  readonly lookup?: number;
}

/** Rights to read, to write, or both, as a C library asks for them. */
export const READ_ONLY = RIGHTS_ALL & ~((1 << 0) | (1 << 6) | (1 << 8) | (1 << 22));

/** Calls with a directory of its own, which is gone afterwards. */
export function withDirectory(test: (path: string) => void): () => void {
  return () => {
    const path = mkdtempSync(join(tmpdir(), "ocirt-wasi-"));
    try {
      test(path);
    } finally {
      rmSync(path, { recursive: true });
    }
  };
}
