/** wasi:io/poll: waiting for descriptors and clocks. */
import type { Call } from "../functions.ts";
import type { HostInterface } from "../imports.ts";
import { type ResourceType, trap } from "../resources.ts";
import type { System } from "./system.ts";

export const POLLIN = 1;
export const POLLOUT = 4;

/** What there is to wait for: a descriptor, a time, or what comes first. Ready at once where it names neither. */
export interface Wait {
  readonly fd?: number;
  readonly events?: number;
  /** A clock, and its nanoseconds at which this is ready. */
  readonly clock?: number;
  readonly deadline?: bigint;
}

/** Says what there is to wait for at that moment: a component keeps it while what it stands for changes. */
export type Pollable = () => Wait;

const NOTHING: Wait = {};
export const READY: Pollable = () => NOTHING;

export function onDescriptor(fd: number, events: number): Pollable {
  const wait = { fd, events };
  return () => wait;
}

const FIRST = 16;

export class Poller {
  readonly #system: System;
  /** Shared with the addon, per descriptor {fd, events, revents, bytes readable}. */
  #polled = new Int32Array(0);

  constructor(system: System) {
    this.#system = system;
  }

  #reserve(count: number): void {
    if (this.#polled.length >= count * 4 && this.#polled.length > 0) return;
    this.#polled = new Int32Array(Math.max(FIRST, 2 ** Math.ceil(Math.log2(count))) * 4);
    this.#system.native.setPollArray(this.#polled.buffer);
  }

  /** Waits until one is ready; the indices of those that are. `most`: nanoseconds to wait at most, without end if < 0. */
  wait(pollables: readonly Pollable[], most = -1): number[] {
    const { native } = this.#system;
    this.#reserve(pollables.length);
    const waits = pollables.map((pollable) => pollable());
    const left = waits.map(({ fd, clock, deadline = 0n }) => {
      if (clock !== undefined) return native.remaining(clock, deadline);
      return fd === undefined ? 0 : Number.POSITIVE_INFINITY;
    });
    const timeout = Math.min(most < 0 ? Number.POSITIVE_INFINITY : most, ...left);
    let descriptors = 0;
    for (const { fd, events = 0 } of waits) {
      if (fd === undefined) continue;
      this.#polled[descriptors * 4] = fd;
      this.#polled[descriptors * 4 + 1] = events;
      descriptors++;
    }
    const count = native.poll(descriptors, timeout === Number.POSITIVE_INFINITY ? -1 : timeout);
    if (count < 0) trap("the wait for descriptors failed");
    // The wait may end a moment before a clock's time.
    const due = count > 0 ? 0 : timeout;
    let next = 0;
    return [...waits.keys()].filter((index) => {
      const happened = waits[index]?.fd !== undefined && this.#polled[next++ * 4 + 2] !== 0;
      const time = left[index] as number;
      return happened || (time <= due && time < Number.POSITIVE_INFINITY && (most < 0 || time <= most));
    });
  }

  ready(pollable: Pollable): boolean {
    return this.wait([pollable], 0).length > 0;
  }

  block(pollable: Pollable): void {
    while (this.wait([pollable]).length === 0);
  }
}

export const POLLABLE: ResourceType = { kind: "resource", name: "pollable", owner: undefined };

export function pollInterface(poller: Poller): HostInterface {
  const functions: Record<string, Call> = {
    "[method]pollable.ready": (self: Pollable) => poller.ready(self),
    "[method]pollable.block": (self: Pollable) => poller.block(self),
    poll(list: readonly Pollable[]): Uint32Array | number[] {
      if (list.length === 0) trap("poll of an empty list");
      for (;;) {
        const ready = poller.wait(list);
        if (ready.length > 0) return ready;
      }
    },
  };
  return { functions, resources: { pollable: POLLABLE } };
}
