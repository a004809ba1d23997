/** A connection of HTTP: bytes that have come, and bytes on their way. */
import { FILETYPE } from "../../wasi/constants.ts";
import { FdInput, FdOutput } from "../host/fd-streams.ts";
import { onDescriptor, POLLIN, POLLOUT, type Pollable, type Poller } from "../host/poll.ts";
import { StreamFailure } from "../host/streams.ts";
import type { System } from "../host/system.ts";
import { joined } from "./head.ts";

const PIECE = 65536;
/** Bytes that may wait for a peer who does not read. */
const MOST_WAITING = 65536;

export class Connection {
  readonly fd: number;
  /** More may have come. */
  readonly readable: Pollable;
  readonly writable: Pollable;
  /** What has come and is not read yet. */
  buffered = new Uint8Array(0);
  /** The peer sends no more. */
  ended = false;
  readonly #poller: Poller;
  readonly #system: System;
  readonly #input: FdInput;
  readonly #output: FdOutput;
  #queue: Uint8Array[] = [];
  #closed = false;

  constructor(system: System, poller: Poller, fd: number) {
    this.#system = system;
    this.#poller = poller;
    this.fd = fd;
    this.#input = new FdInput(system, poller, fd);
    this.#output = new FdOutput(system, poller, fd, FILETYPE.socketStream);
    this.readable = onDescriptor(fd, POLLIN);
    this.writable = onDescriptor(fd, POLLOUT);
  }

  /** Takes in what has come; false where nothing has. */
  fill(): boolean {
    if (this.ended) return false;
    try {
      const bytes = this.#input.read(PIECE);
      if (bytes.length === 0) return false;
      this.buffered = this.buffered.length === 0 ? bytes.slice() : joined([this.buffered, bytes]).slice();
      return true;
    } catch (error) {
      if (!(error instanceof StreamFailure)) throw error;
      this.ended = true;
      return true;
    }
  }

  /** At most so many bytes out of the buffer. */
  take(most: number): Uint8Array {
    const part = this.buffered.slice(0, most);
    this.buffered = this.buffered.subarray(part.length);
    return part;
  }

  /** To be sent with what comes next. */
  queue(bytes: Uint8Array): void {
    this.#queue.push(bytes);
  }

  /** Sends what is queued as far as it goes; whether all has left. Throws a StreamFailure. */
  push(): boolean {
    if (this.#queue.length > 0) {
      if (!this.#output.flushed()) return false;
      const bytes = joined(this.#queue);
      this.#queue = [];
      this.#output.write(bytes);
    }
    return this.#output.flushed();
  }

  room(): number {
    return this.push() ? MOST_WAITING : 0;
  }

  /** Waits until all has left, or the peer is gone; nanoseconds to wait for each step. */
  drain(patience: number): void {
    try {
      while (!this.push()) if (this.#poller.wait([this.writable], patience).length === 0) return;
    } catch (error) {
      if (!(error instanceof StreamFailure)) throw error;
      this.ended = true;
    }
  }

  close(): void {
    if (!this.#closed) this.#system.native.close(this.fd);
    this.#closed = true;
  }
}
