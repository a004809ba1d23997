/**
 * The Wasm host's system calls for who has no guest memory to point into: arguments and results pass through a buffer
 * of this module's own, which the addon takes for the guest's. A result below zero is a negative errno of Linux.
 */
import type { WasiNative } from "../../../native/wasi.ts";

/** Bytes that one call moves at most. */
export const MOST_BYTES = 65536;
const LONGEST_PATH = 4096;
const ENAMETOOLONG = -36;
const EILSEQ = -84;

/** Offsets in the buffer. */
const VECTOR = 0;
const COUNT = 8;
const LONG = 16;
const FILESTAT = 32;
const PATH = 128;
const SECOND_PATH = PATH + LONGEST_PATH;
const DATA = SECOND_PATH + LONGEST_PATH;

export interface Stat {
  readonly device: bigint;
  readonly inode: bigint;
  /** WASI's file type. */
  readonly type: number;
  readonly links: bigint;
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

export interface Entry {
  readonly name: string;
  readonly type: number;
  /** Where the next one begins. */
  readonly next: bigint;
}

/** Where a path begins: a directory, and whether it is the container's root, where absolute links resolve. */
export interface Base {
  readonly fd: number;
  readonly root: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export class System {
  readonly native: WasiNative;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(native: WasiNative) {
    this.native = native;
    const memory = new ArrayBuffer(DATA + MOST_BYTES);
    this.#bytes = new Uint8Array(memory);
    this.#view = new DataView(memory);
    native.setMemory(memory);
  }

  #vector(length: number): void {
    this.#view.setUint32(VECTOR, DATA, true);
    this.#view.setUint32(VECTOR + 4, length, true);
  }

  #taken(result: number): Uint8Array | number {
    if (result < 0) return result;
    return this.#bytes.slice(DATA, DATA + this.#view.getUint32(COUNT, true));
  }

  #given(bytes: Uint8Array): void {
    const part = bytes.subarray(0, MOST_BYTES);
    this.#bytes.set(part, DATA);
    this.#vector(part.length);
  }

  #moved(result: number): number {
    return result < 0 ? result : this.#view.getUint32(COUNT, true);
  }

  /** The bytes; none at the end. */
  read(fd: number, length: number): Uint8Array | number {
    this.#vector(Math.min(length, MOST_BYTES));
    return this.#taken(this.native.read(fd, VECTOR, 1, COUNT));
  }

  readAt(fd: number, length: number, offset: bigint): Uint8Array | number {
    this.#vector(Math.min(length, MOST_BYTES));
    return this.#taken(this.native.pread(fd, VECTOR, 1, offset, COUNT));
  }

  /** How many of the bytes were written. */
  write(fd: number, bytes: Uint8Array): number {
    this.#given(bytes);
    return this.#moved(this.native.write(fd, VECTOR, 1, COUNT));
  }

  writeAt(fd: number, bytes: Uint8Array, offset: bigint): number {
    this.#given(bytes);
    return this.#moved(this.native.pwrite(fd, VECTOR, 1, offset, COUNT));
  }

  random(length: number): Uint8Array {
    this.native.random(DATA, length);
    return this.#bytes.slice(DATA, DATA + length);
  }

  #long(result: number): bigint {
    return result < 0 ? 0n : this.#view.getBigUint64(LONG, true);
  }

  /** Nanoseconds. */
  time(clock: number): bigint {
    return this.#long(this.native.clockTime(clock, LONG));
  }

  resolution(clock: number): bigint {
    return this.#long(this.native.clockResolution(clock, LONG));
  }

  #stat(result: number): Stat | number {
    if (result < 0) return result;
    const long = (index: number) => this.#view.getBigUint64(FILESTAT + index * 8, true);
    return {
      device: long(0),
      inode: long(1),
      type: this.#view.getUint8(FILESTAT + 16),
      links: long(3),
      size: long(4),
      accessed: long(5),
      modified: long(6),
      changed: long(7),
    };
  }

  stat(fd: number): Stat | number {
    return this.#stat(this.native.stat(fd, FILESTAT, false));
  }

  /** Calls with the path's place, unless no kernel would take it. */
  #withPath(path: string, at: number, call: (at: number, length: number) => number): number {
    const bytes = encoder.encode(path);
    if (bytes.length > LONGEST_PATH) return ENAMETOOLONG;
    this.#bytes.set(bytes, at);
    return call(at, bytes.length);
  }

  open({ fd, root }: Base, path: string, flags: number): number {
    return this.#withPath(path, PATH, (at, length) => this.native.open(fd, root, at, length, flags));
  }

  statAt({ fd, root }: Base, path: string, follow: boolean): Stat | number {
    const call = (at: number, length: number) =>
      this.native.pathStat(fd, root, at, length, follow, FILESTAT, false);
    return this.#stat(this.#withPath(path, PATH, call));
  }

  setTimesAt(
    { fd, root }: Base,
    path: string,
    follow: boolean,
    accessed: bigint,
    modified: bigint,
    flags: number,
  ) {
    return this.#withPath(path, PATH, (at, length) =>
      this.native.pathTimes(fd, root, at, length, follow, accessed, modified, flags),
    );
  }

  readLink({ fd, root }: Base, path: string): string | number {
    const result = this.#withPath(path, PATH, (at, length) =>
      this.native.readlink(fd, root, at, length, DATA, MOST_BYTES, COUNT),
    );
    return result < 0 ? result : this.#text(DATA, this.#view.getUint32(COUNT, true));
  }

  /** A name that is not UTF-8 can't be told to a component. */
  #text(at: number, length: number): string | number {
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      return EILSEQ;
    }
  }

  makeDirectory({ fd, root }: Base, path: string): number {
    return this.#withPath(path, PATH, (at, length) => this.native.mkdir(fd, root, at, length));
  }

  removeDirectory({ fd, root }: Base, path: string): number {
    return this.#withPath(path, PATH, (at, length) => this.native.rmdir(fd, root, at, length));
  }

  unlink({ fd, root }: Base, path: string): number {
    return this.#withPath(path, PATH, (at, length) => this.native.unlink(fd, root, at, length));
  }

  /** `absoluteAllowed`: whether the link may lead to the root. */
  symlink({ fd, root }: Base, path: string, target: string, absoluteAllowed: boolean): number {
    return this.#withPath(target, SECOND_PATH, (targetAt, targetLength) =>
      this.#withPath(path, PATH, (at, length) =>
        this.native.symlink(fd, root, at, length, targetAt, targetLength, absoluteAllowed),
      ),
    );
  }

  /** Both paths' call. */
  #between(call: "rename" | "link", from: Base, path: string, to: Base, toPath: string): number {
    return this.#withPath(toPath, SECOND_PATH, (toAt, toLength) =>
      this.#withPath(path, PATH, (at, length) =>
        this.native[call](from.fd, from.root, at, length, to.fd, to.root, toAt, toLength),
      ),
    );
  }

  rename(from: Base, path: string, to: Base, toPath: string): number {
    return this.#between("rename", from, path, to, toPath);
  }

  link(from: Base, path: string, to: Base, toPath: string): number {
    return this.#between("link", from, path, to, toPath);
  }

  /** Entries from a place on, without `.` and `..`; none at the end. Names that are not UTF-8 are left out. */
  readDirectory(fd: number, from: bigint): { readonly entries: Entry[]; readonly next: bigint } | number {
    const result = this.native.readdir(fd, DATA, MOST_BYTES, from, COUNT);
    if (result < 0) return result;
    const used = this.#view.getUint32(COUNT, true);
    const entries: Entry[] = [];
    let next = from;
    for (let at = 0; at + 24 <= used; ) {
      const head = DATA + at;
      const length = this.#view.getUint32(head + 16, true);
      if (at + 24 + length > used) break;
      next = this.#view.getBigUint64(head, true);
      const name = this.#text(head + 24, length);
      if (typeof name === "string" && name !== "." && name !== "..") {
        entries.push({ name, type: this.#view.getUint8(head + 20), next });
      }
      at += 24 + length;
    }
    return { entries, next };
  }

  /** Calls with the place of a socket's address, 4 or 16 bytes. */
  withAddress(address: Uint8Array, call: (at: number, length: number) => number): number {
    this.#bytes.set(address, PATH);
    return call(PATH, address.length);
  }

  send(fd: number, bytes: Uint8Array): number {
    this.#given(bytes);
    return this.#moved(this.native.send(fd, VECTOR, 1, COUNT));
  }

  /** One datagram to an address. */
  sendTo(fd: number, bytes: Uint8Array, address: Uint8Array, port: number): number {
    this.#given(bytes);
    return this.#moved(
      this.withAddress(address, (at, length) => this.native.sendTo(fd, VECTOR, 1, at, length, port, COUNT)),
    );
  }

  /** One datagram; who sent it is in the scratch buffer. */
  receiveFrom(fd: number): Uint8Array | number {
    this.#vector(MOST_BYTES);
    return this.#taken(this.native.recvFrom(fd, VECTOR, 1, 0, COUNT, LONG));
  }
}
