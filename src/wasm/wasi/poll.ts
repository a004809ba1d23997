/** poll_oneoff: any mix of clocks, files and sockets. */
import {
  CLOCK,
  CLOCKS,
  EVENT,
  EVENT_HANGUP,
  EVENT_LAYOUT,
  SUBCLOCK_ABSOLUTE,
  type SubscriptionLayout,
} from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import type { Group, Host } from "./host.ts";
import { RIGHT } from "./rights.ts";

const POLLIN = 1;
const POLLOUT = 4;
const POLLHUP = 16;
const POLLNVAL = 32;

/** More than any process has descriptors for. */
const MOST = 1 << 16;
const WORD = 2 ** 32;

/** What is to come of a subscription, where it is no errno yet. */
const PENDING_FD = -1;
const PENDING_CLOCK = -2;

export function pollFunctions(host: Host, layout: SubscriptionLayout): Group {
  const { native, table, polls } = host;

  /** Nanoseconds until a clock's subscription is due, or a negative errno of WASI. */
  function remaining(at: number): number {
    const { view } = host;
    const id = view.getUint32(at + layout.clockId, true);
    const clock = CLOCKS[id];
    if (clock === undefined) return -ERRNO.inval;
    // The time that the process has used stands still while it waits.
    if (id !== CLOCK.realtime && id !== CLOCK.monotonic) return -ERRNO.notsup;
    if ((view.getUint16(at + layout.flags, true) & SUBCLOCK_ABSOLUTE) !== 0) {
      return native.remaining(clock, view.getBigUint64(at + layout.timeout, true));
    }
    return view.getUint32(at + layout.timeout, true) + view.getUint32(at + layout.timeout + 4, true) * WORD;
  }

  function event(at: number, index: number, error: number, bytes: number, flags: number): void {
    const { view } = host;
    const { subscriptions } = polls;
    const subscription = index * 4;
    view.setInt32(at, subscriptions[subscription] as number, true);
    view.setInt32(at + 4, subscriptions[subscription + 1] as number, true);
    view.setUint32(
      at + EVENT_LAYOUT.error,
      error | ((subscriptions[subscription + 2] as number) << 16),
      true,
    );
    view.setUint32(at + 12, 0, true);
    view.setUint32(at + EVENT_LAYOUT.nbytes, bytes, true);
    view.setUint32(at + EVENT_LAYOUT.nbytes + 4, 0, true);
    view.setUint32(at + EVENT_LAYOUT.flags, flags, true);
    view.setUint32(at + EVENT_LAYOUT.flags + 4, 0, true);
  }

  function poll_oneoff(inAt: number, outAt: number, subscribed: number, eventsAt: number): number {
    host.sync();
    const count = subscribed >>> 0;
    const input = inAt >>> 0;
    let out = outAt >>> 0;
    if (count === 0 || count > MOST) return ERRNO.inval;
    if (!host.inside(input, count * layout.size) || !host.inside(out, count * EVENT_LAYOUT.size)) {
      return ERRNO.fault;
    }
    if (!host.inside(eventsAt >>> 0, 4)) return ERRNO.fault;
    polls.reserve(count);

    const { view } = host;
    const { subscriptions, details, polled } = polls;
    let descriptors = 0;
    let failed = 0;
    let wait = Number.POSITIVE_INFINITY;
    for (let i = 0, at = input; i < count; i++, at += layout.size) {
      const tag = view.getUint8(at + 8);
      let state: number;
      if (tag === EVENT.clock) {
        const left = remaining(at);
        details[i] = left;
        if (left >= 0 && left < wait) wait = left;
        state = left < 0 ? -left : PENDING_CLOCK;
      } else if (tag === EVENT.fdRead || tag === EVENT.fdWrite) {
        const entry = table.get(view.getUint32(at + layout.subject, true));
        // A closed standard stream has no number of the host's, and would never be ready.
        if (entry === undefined || entry.host < 0) {
          state = ERRNO.badf;
        } else if ((entry.rightsBase & RIGHT.pollFdReadwrite) === 0) {
          state = ERRNO.notcapable;
        } else {
          polled[descriptors * 4] = entry.host;
          polled[descriptors * 4 + 1] = tag === EVENT.fdRead ? POLLIN : POLLOUT;
          details[i] = descriptors++;
          state = PENDING_FD;
        }
      } else {
        return ERRNO.inval;
      }
      if (state >= 0) failed++;
      const subscription = i * 4;
      subscriptions[subscription] = view.getInt32(at, true);
      subscriptions[subscription + 1] = view.getInt32(at + 4, true);
      subscriptions[subscription + 2] = tag;
      subscriptions[subscription + 3] = state;
    }

    const timeout = failed > 0 ? 0 : wait === Number.POSITIVE_INFINITY ? -1 : wait;
    const ready = native.poll(descriptors, timeout);
    if (ready < 0) return errnoOf(ready);

    // Without anything else to tell, the wait was that of the clock due first.
    const due = ready > 0 || failed > 0 ? 0 : wait;
    const first = out;
    for (let i = 0; i < count; i++) {
      const state = subscriptions[i * 4 + 3] as number;
      if (state === PENDING_CLOCK) {
        if ((details[i] as number) > due) continue;
        event(out, i, ERRNO.success, 0, 0);
      } else if (state === PENDING_FD) {
        if (ready === 0) continue;
        const entry = (details[i] as number) * 4;
        const revents = polled[entry + 2] as number;
        if (revents === 0) continue;
        const error = (revents & POLLNVAL) !== 0 ? ERRNO.badf : ERRNO.success;
        // How much can be written is not known; that something can is.
        const bytes = subscriptions[i * 4 + 2] === EVENT.fdRead ? (polled[entry + 3] as number) : 1;
        event(out, i, error, bytes, (revents & POLLHUP) !== 0 ? EVENT_HANGUP : 0);
      } else {
        event(out, i, state, 0, 0);
      }
      out += EVENT_LAYOUT.size;
    }
    view.setUint32(eventsAt >>> 0, (out - first) / EVENT_LAYOUT.size, true);
    return ERRNO.success;
  }

  /** WasmEdge's second name is for edge-triggered waits; a level-triggered answer is a correct one, only earlier. */
  return { poll_oneoff, epoll_oneoff: poll_oneoff };
}
