/** The bodies of messages, as streams: their framing is taken off and put on here (RFC 9112, 7). */
import { type Pollable, READY } from "../host/poll.ts";
import { type InputStream, IoError, type OutputStream, StreamFailure } from "../host/streams.ts";
import type { Connection } from "./connection.ts";
import { type Framing, text } from "./head.ts";

const LF = 10;
const LONGEST_LINE = 4096;

/** What the peer sends. */
export class BodyReader implements InputStream {
  readonly pollable: Pollable;
  readonly #connection: Connection;
  readonly #framing: Framing;
  /** Called once, before the first byte is waited for. */
  #wanted: (() => void) | undefined;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left: number;
  #state: "data" | "chunk" | "chunk-end" | "trailers" | "done";

  readonly close: () => void;

  constructor(connection: Connection, framing: Framing, wanted?: () => void, close: () => void = () => {}) {
    this.close = close;
    this.#connection = connection;
    this.#framing = framing;
    this.#wanted = wanted;
    this.#left =
      framing.kind === "length" ? framing.length : framing.kind === "close" ? Number.POSITIVE_INFINITY : 0;
    this.#state = framing.kind === "chunked" ? "chunk" : this.#left > 0 ? "data" : "done";
    this.pollable = () => (this.#progresses() ? READY() : connection.readable());
  }

  /** Whether a read comes further without anything new from the peer. */
  #progresses(): boolean {
    const { buffered, ended } = this.#connection;
    if (this.#state === "done" || ended) return true;
    return this.#state === "data" ? buffered.length > 0 : buffered.includes(LF);
  }

  get done(): boolean {
    return this.#state === "done";
  }

  read(most: number): Uint8Array {
    this.#wanted?.();
    this.#wanted = undefined;
    for (;;) {
      if (this.#state === "done") throw new StreamFailure();
      const connection = this.#connection;
      if (connection.buffered.length === 0 && !connection.fill()) return new Uint8Array(0);
      if (connection.buffered.length === 0 && connection.ended) this.#cut();
      else if (this.#state === "data") {
        if (most === 0) return new Uint8Array(0);
        return this.#data(most);
      } else if (!this.#line()) return new Uint8Array(0);
    }
  }

  #data(most: number): Uint8Array {
    const bytes = this.#connection.take(Math.min(most, this.#left));
    this.#left -= bytes.length;
    if (this.#left === 0) this.#state = this.#framing.kind === "chunked" ? "chunk-end" : "done";
    return bytes;
  }

  /** The connection has ended. */
  #cut(): void {
    if (this.#framing.kind === "close") this.#state = "done";
    else this.#fail("the connection ended within the body");
  }

  #fail(reason: string): never {
    this.#connection.ended = true;
    throw new StreamFailure(new IoError(reason));
  }

  /** One line of the chunked coding; false where it is not all there. */
  #line(): boolean {
    const connection = this.#connection;
    const end = connection.buffered.indexOf(LF);
    if (end < 0) {
      if (connection.buffered.length > LONGEST_LINE) this.#fail("a line of the chunked coding is too long");
      if (!connection.fill()) return false;
      if (connection.ended) this.#fail("the connection ended within the body");
      return true;
    }
    const line = String.fromCharCode(...connection.take(end + 1));
    if (!line.endsWith("\r\n")) this.#fail("a line of the chunked coding does not end in CR LF");
    this.#took(line.slice(0, -2));
    return true;
  }

  #took(line: string): void {
    if (this.#state === "chunk-end") {
      if (line !== "") this.#fail("a chunk is longer than its size");
      this.#state = "chunk";
    } else if (this.#state === "chunk") {
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) this.#fail("a chunk has no size");
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? "trailers" : "data";
    } else if (line === "") this.#state = "done";
  }
}

/** What the component sends. */
export class BodyWriter implements OutputStream {
  readonly pollable: Pollable;
  readonly #connection: Connection;
  readonly #framing: Framing;
  #left: number;

  constructor(connection: Connection, framing: Framing) {
    this.#connection = connection;
    this.#framing = framing;
    this.#left = framing.kind === "length" ? framing.length : Number.POSITIVE_INFINITY;
    this.pollable = connection.writable;
  }

  room(): number {
    return this.#connection.room();
  }

  flushed(): boolean {
    return this.#connection.push();
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > this.#left)
      throw new StreamFailure(new IoError("the body is longer than its Content-Length"));
    this.#left -= bytes.length;
    // Of a response to HEAD the body is only counted; an empty chunk would end the body.
    if (this.#framing.kind === "none" || bytes.length === 0) return;
    if (this.#framing.kind === "chunked") {
      this.#connection.queue(text(`${bytes.length.toString(16)}\r\n`));
      this.#connection.queue(bytes);
      this.#connection.queue(text("\r\n"));
    } else this.#connection.queue(bytes);
    this.#connection.push();
  }

  /** Whether all of the body was there. */
  finish(): boolean {
    if (this.#framing.kind === "chunked") this.#connection.queue(text("0\r\n\r\n"));
    this.#connection.push();
    return this.#framing.kind !== "length" || this.#left === 0;
  }
}
