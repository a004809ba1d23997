/** wasi:io/streams and wasi:io/error. */
import { errnoText } from "../../../errors.ts";
import { processes } from "../../../native/process.ts";
import type { Call } from "../functions.ts";
import type { HostInterface } from "../imports.ts";
import { type ResourceType, trap } from "../resources.ts";
import { POLLABLE, type Pollable, type Poller } from "./poll.ts";

/** Why an operation of a stream failed: a resource of the component's. */
export class IoError {
  readonly text: string;
  /** Of Linux, positive, where the system said it. */
  readonly errno: number | undefined;

  constructor(text: string, errno?: number) {
    this.text = text;
    this.errno = errno;
  }

  static of(result: number): IoError {
    return new IoError(errnoText(processes().errnoName(-result)), -result);
  }
}

/** What ends an operation of a stream: `closed`, or an error. */
export class StreamFailure extends Error {
  readonly reason: IoError | undefined;

  constructor(reason?: IoError) {
    super(reason?.text ?? "closed");
    this.reason = reason;
  }
}

export interface InputStream {
  /** At most so many bytes; none where there are none yet. Throws a StreamFailure at the end. */
  read(most: number): Uint8Array;
  readonly pollable: Pollable;
  close?(): void;
}

export interface OutputStream {
  /** Bytes that can be written without waiting. Throws a StreamFailure. */
  room(): number;
  write(bytes: Uint8Array): void;
  /** Whether all that was written has left. */
  flushed(): boolean;
  readonly pollable: Pollable;
  close?(): void;
}

export const ERROR: ResourceType = { kind: "resource", name: "error", owner: undefined };
export const INPUT_STREAM: ResourceType = {
  kind: "resource",
  name: "input-stream",
  owner: undefined,
  drop: (stream) => (stream as InputStream).close?.(),
};
export const OUTPUT_STREAM: ResourceType = {
  kind: "resource",
  name: "output-stream",
  owner: undefined,
  drop: (stream) => (stream as OutputStream).close?.(),
};

/** As the interface has it. */
const MOST_BLOCKING = 4096n;
const MOST = 65536;
const capped = (length: bigint) => Number(length > MOST ? MOST : length);

/** A result of the component's: the value, or why not. */
function attempt(work: () => unknown): unknown {
  try {
    return { ok: work() };
  } catch (error) {
    if (!(error instanceof StreamFailure)) throw error;
    const { reason } = error;
    return {
      error: reason === undefined ? { tag: "closed" } : { tag: "last-operation-failed", value: reason },
    };
  }
}

export function streamsInterface(poller: Poller): HostInterface {
  function flush(stream: OutputStream): void {
    while (!stream.flushed()) poller.block(stream.pollable);
  }

  function room(stream: OutputStream): number {
    for (;;) {
      const most = stream.room();
      if (most > 0) return most;
      poller.block(stream.pollable);
    }
  }

  function write(stream: OutputStream, bytes: Uint8Array): void {
    if (bytes.length > stream.room()) trap("more is written to a stream than it has room for");
    stream.write(bytes);
  }

  function writeAll(stream: OutputStream, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + room(stream));
      stream.write(part);
      at += part.length;
    }
    flush(stream);
  }

  function blockingRead(stream: InputStream, length: bigint): Uint8Array {
    for (;;) {
      const bytes = stream.read(capped(length));
      if (bytes.length > 0 || length === 0n) return bytes;
      poller.block(stream.pollable);
    }
  }

  /** Bytes from one stream to the other, as many as there are and have room. */
  function splice(into: OutputStream, from: InputStream, length: bigint, wait: boolean): bigint {
    const most = Math.min(wait ? room(into) : into.room(), capped(length));
    if (most === 0) return 0n;
    const bytes = wait ? blockingRead(from, BigInt(most)) : from.read(most);
    into.write(bytes);
    return BigInt(bytes.length);
  }

  const functions: Record<string, Call> = {
    "[method]input-stream.read": (self: InputStream, length: bigint) =>
      attempt(() => self.read(capped(length))),
    "[method]input-stream.blocking-read": (self: InputStream, length: bigint) =>
      attempt(() => blockingRead(self, length)),
    "[method]input-stream.skip": (self: InputStream, length: bigint) =>
      attempt(() => BigInt(self.read(capped(length)).length)),
    "[method]input-stream.blocking-skip": (self: InputStream, length: bigint) =>
      attempt(() => BigInt(blockingRead(self, length).length)),
    "[method]input-stream.subscribe": (self: InputStream) => self.pollable,
    "[method]output-stream.check-write": (self: OutputStream) => attempt(() => BigInt(self.room())),
    "[method]output-stream.write": (self: OutputStream, bytes: Uint8Array) =>
      attempt(() => write(self, bytes)),
    "[method]output-stream.blocking-write-and-flush": (self: OutputStream, bytes: Uint8Array) => {
      if (BigInt(bytes.length) > MOST_BLOCKING) trap("more than 4096 bytes are written at once");
      return attempt(() => writeAll(self, bytes));
    },
    /** What is on its way is told by check-write. */
    "[method]output-stream.flush": (self: OutputStream) => attempt(() => void self.flushed()),
    "[method]output-stream.blocking-flush": (self: OutputStream) => attempt(() => flush(self)),
    "[method]output-stream.subscribe": (self: OutputStream) => self.pollable,
    "[method]output-stream.write-zeroes": (self: OutputStream, length: bigint) => {
      if (length > MOST) trap("more is written to a stream than it has room for");
      return attempt(() => write(self, new Uint8Array(Number(length))));
    },
    "[method]output-stream.blocking-write-zeroes-and-flush": (self: OutputStream, length: bigint) => {
      if (length > MOST_BLOCKING) trap("more than 4096 bytes are written at once");
      return attempt(() => writeAll(self, new Uint8Array(Number(length))));
    },
    "[method]output-stream.splice": (self: OutputStream, from: InputStream, length: bigint) =>
      attempt(() => splice(self, from, length, false)),
    "[method]output-stream.blocking-splice": (self: OutputStream, from: InputStream, length: bigint) =>
      attempt(() => splice(self, from, length, true)),
  };
  return {
    functions,
    resources: {
      error: ERROR,
      "input-stream": INPUT_STREAM,
      "output-stream": OUTPUT_STREAM,
      pollable: POLLABLE,
    },
  };
}

export const errorInterface: HostInterface = {
  functions: { "[method]error.to-debug-string": (self: IoError) => self.text },
  resources: { error: ERROR },
};
