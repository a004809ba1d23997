/**
 * The arrays that poll_oneoff works in, kept from call to call. Subscriptions are copied out of the guest's
 * memory first, because its arrays of subscriptions and events may overlap.
 */
import type { WasiNative } from "../../native/wasi.ts";

const FIRST = 64;

export class PollArrays {
  /** Per subscription {userdata low, userdata high, tag, state}. */
  subscriptions = new Int32Array(0);
  /** Per subscription: nanoseconds left, of a clock; the index into `polled`, of a descriptor. */
  details = new Float64Array(0);
  /** Shared with the addon, per descriptor {fd, events, revents, bytes readable}. */
  polled = new Int32Array(0);
  readonly #native: WasiNative;

  constructor(native: WasiNative) {
    this.#native = native;
  }

  /** Makes room for so many subscriptions. */
  reserve(count: number): void {
    if (count <= this.details.length) return;
    const room = Math.max(FIRST, 2 ** Math.ceil(Math.log2(count)));
    this.subscriptions = new Int32Array(room * 4);
    this.details = new Float64Array(room);
    this.polled = new Int32Array(room * 4);
    this.#native.setPollArray(this.polled.buffer);
  }
}
