/** Streams over descriptors: pipes, terminals, sockets, and places of regular files. */
import { FILETYPE } from "../../wasi/constants.ts";
import { onDescriptor, POLLIN, POLLOUT, type Pollable, type Poller, READY } from "./poll.ts";
import { type InputStream, IoError, type OutputStream, StreamFailure } from "./streams.ts";
import { MOST_BYTES, type System } from "./system.ts";

const EAGAIN = -11;
const EPIPE = -32;
const ECONNRESET = -104;

/** What a pipe or terminal that is ready takes without waiting (pipe(7), PIPE_BUF). */
const READY_ROOM = 4096;

function failure(result: number): StreamFailure {
  return result === EPIPE || result === ECONNRESET
    ? new StreamFailure()
    : new StreamFailure(IoError.of(result));
}

/** Bytes as they come. The descriptor may be a blocking one: it is asked first. */
export class FdInput implements InputStream {
  readonly pollable: Pollable;
  readonly #system: System;
  readonly #poller: Poller;
  readonly #fd: number;
  readonly close: () => void;

  constructor(system: System, poller: Poller, fd: number, close: () => void = () => {}) {
    this.#system = system;
    this.#poller = poller;
    this.#fd = fd;
    this.pollable = fd < 0 ? READY : onDescriptor(fd, POLLIN);
    this.close = close;
  }

  read(most: number): Uint8Array {
    if (this.#fd < 0) throw new StreamFailure();
    if (most === 0 || !this.#poller.ready(this.pollable)) return new Uint8Array(0);
    const bytes = this.#system.read(this.#fd, most);
    if (typeof bytes === "number") {
      if (bytes === EAGAIN) return new Uint8Array(0);
      throw failure(bytes);
    }
    if (bytes.length === 0) throw new StreamFailure();
    return bytes;
  }
}

/** Bytes in their order. What a non-blocking descriptor does not take at once waits here. */
export class FdOutput implements OutputStream {
  readonly pollable: Pollable;
  readonly #system: System;
  readonly #poller: Poller;
  readonly #fd: number;
  readonly #roomWhenReady: number;
  readonly close: () => void;
  #waiting = new Uint8Array(0);

  constructor(system: System, poller: Poller, fd: number, type: number, close: () => void = () => {}) {
    this.#system = system;
    this.#poller = poller;
    this.#fd = fd;
    this.#roomWhenReady = type === FILETYPE.regularFile ? MOST_BYTES : READY_ROOM;
    this.pollable = fd < 0 || type === FILETYPE.regularFile ? READY : onDescriptor(fd, POLLOUT);
    this.close = close;
  }

  /** What is left of the bytes when the descriptor takes no more. */
  #send(bytes: Uint8Array): Uint8Array {
    for (let at = 0; at < bytes.length; ) {
      const count = this.#system.write(this.#fd, bytes.subarray(at));
      if (count === EAGAIN) return bytes.subarray(at);
      if (count < 0) throw failure(count);
      at += count;
    }
    return bytes.subarray(bytes.length);
  }

  flushed(): boolean {
    if (this.#waiting.length > 0) this.#waiting = this.#send(this.#waiting).slice();
    return this.#waiting.length === 0;
  }

  room(): number {
    if (this.#fd < 0) throw new StreamFailure();
    return this.flushed() && this.#poller.ready(this.pollable) ? this.#roomWhenReady : 0;
  }

  write(bytes: Uint8Array): void {
    this.#waiting = this.#send(bytes).slice();
  }
}

/** A regular file from a place on. */
export class FileInput implements InputStream {
  readonly pollable = READY;
  readonly #system: System;
  readonly #fd: number;
  readonly close: () => void;
  #offset: bigint;

  constructor(system: System, fd: number, offset: bigint, close: () => void) {
    this.#system = system;
    this.#fd = fd;
    this.#offset = offset;
    this.close = close;
  }

  read(most: number): Uint8Array {
    if (most === 0) return new Uint8Array(0);
    const bytes = this.#system.readAt(this.#fd, most, this.#offset);
    if (typeof bytes === "number") throw failure(bytes);
    if (bytes.length === 0) throw new StreamFailure();
    this.#offset += BigInt(bytes.length);
    return bytes;
  }
}

/** A regular file from a place on, or always at its end. */
export class FileOutput implements OutputStream {
  readonly pollable = READY;
  readonly #write: (bytes: Uint8Array) => number;
  readonly close: () => void;

  constructor(write: (bytes: Uint8Array) => number, close: () => void) {
    this.#write = write;
    this.close = close;
  }

  room(): number {
    return MOST_BYTES;
  }

  flushed(): boolean {
    return true;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const count = this.#write(bytes.subarray(at));
      if (count < 0) throw failure(count);
      at += count;
    }
  }
}
