/** A body that is written before its message is sent: it waits, up to a bound, until it knows where to go. */
import { type Pollable, READY } from "../host/poll.ts";
import { IoError, type OutputStream, StreamFailure } from "../host/streams.ts";
import { joined } from "./head.ts";
import type { OutgoingBody } from "./messages.ts";

/** A component that writes more first would wait for ever: it is told. */
const MOST = 1024 * 1024;

export class WaitingBody implements OutputStream {
  readonly pollable: Pollable;
  readonly #body: OutgoingBody;
  #waiting: Uint8Array[] = [];
  #length = 0;

  constructor(body: OutgoingBody) {
    this.#body = body;
    this.pollable = () => (this.#body.stream === undefined ? READY() : this.#body.stream.pollable());
  }

  #target(): OutputStream | undefined {
    const { stream } = this.#body;
    if (stream !== undefined && this.#length > 0) {
      const bytes = joined(this.#waiting);
      this.#waiting = [];
      this.#length = 0;
      stream.write(bytes);
    }
    return stream;
  }

  room(): number {
    const target = this.#target();
    if (target !== undefined) return target.room();
    if (this.#length >= MOST)
      throw new StreamFailure(new IoError("the body is written before its message is sent"));
    return MOST - this.#length;
  }

  write(bytes: Uint8Array): void {
    const target = this.#target();
    if (target !== undefined) target.write(bytes);
    else {
      this.#waiting.push(bytes);
      this.#length += bytes.length;
    }
  }

  /** Before it knows where to go there is nothing to wait for. */
  flushed(): boolean {
    return this.#target()?.flushed() ?? true;
  }
}
