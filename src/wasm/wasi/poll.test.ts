import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CLOCK, EVENT, SUBSCRIPTION, SUBSCRIPTION_UNSTABLE } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { standardStream } from "./fdtable.ts";
import { UNSTABLE } from "./imports.ts";
import { RIGHT } from "./rights.ts";
import { Guest, READ_ONLY, withDirectory } from "./testing.ts";

type Subscription =
  | { readonly clock: number; readonly timeout: bigint; readonly absolute?: boolean }
  | { readonly read: number }
  | { readonly write: number };

interface Event {
  readonly userdata: bigint;
  readonly error: number;
  readonly type: number;
  readonly bytes: bigint;
  readonly flags: number;
}

const MILLISECOND = 1_000_000n;

/** The userdata is the index plus a large number, to see that all its bytes come back. */
const MARK = 0x0102_0304_0506_0700n;

function poll(guest: Guest, subscriptions: readonly Subscription[], unstable = false): Event[] | number {
  const layout = unstable ? SUBSCRIPTION_UNSTABLE : SUBSCRIPTION;
  const input = guest.room(subscriptions.length * layout.size);
  const output = guest.room(subscriptions.length * 32);
  const count = guest.room(4);
  const { view } = guest;
  subscriptions.forEach((subscription, i) => {
    const at = input + i * layout.size;
    view.setBigUint64(at, MARK + BigInt(i), true);
    if ("clock" in subscription) {
      view.setUint8(at + 8, EVENT.clock);
      view.setUint32(at + layout.clockId, subscription.clock, true);
      view.setBigUint64(at + layout.timeout, subscription.timeout, true);
      view.setUint16(at + layout.flags, subscription.absolute ? 1 : 0, true);
    } else {
      view.setUint8(at + 8, "read" in subscription ? EVENT.fdRead : EVENT.fdWrite);
      view.setUint32(at + 16, "read" in subscription ? subscription.read : subscription.write, true);
    }
  });
  const errno = guest.call.poll_oneoff?.(input, output, subscriptions.length, count) as number;
  if (errno !== 0) return errno;
  return Array.from({ length: guest.u32(count) }, (_, i) => {
    const at = output + i * 32;
    return {
      userdata: guest.u64(at) - MARK,
      error: guest.u16(at + 8),
      type: guest.view.getUint8(at + 10),
      bytes: guest.u64(at + 16),
      flags: guest.u16(at + 24),
    };
  });
}

const due = (userdata: bigint): Event => ({ userdata, error: 0, type: EVENT.clock, bytes: 0n, flags: 0 });

for (const unstable of [false, true]) {
  test(`a clock's wait is as long as asked for${unstable ? " (wasi_unstable)" : ""}`, () => {
    const guest = unstable ? new Guest({}, UNSTABLE) : new Guest();
    const before = performance.now();
    const wait = { clock: CLOCK.monotonic, timeout: 30n * MILLISECOND };
    assert.equal(poll(guest, [wait], unstable), [due(0n)]);
    const took = performance.now() - before;
    assert.ok(took >= 30 && took < 2000, String(took));
  });
}

test("of several clocks the one due first ends the wait, alone", () => {
  const guest = new Guest();
  const wait = (timeout: bigint) => ({ clock: CLOCK.realtime, timeout });
  assert.equal(poll(guest, [wait(10n ** 18n), wait(5n * MILLISECOND), wait(10n ** 11n)]), [due(1n)]);
});

test("absolute times count from the clock's beginning", () => {
  const guest = new Guest();
  const before = performance.now();
  const now = BigInt(Date.now()) * MILLISECOND;
  const until = (timeout: bigint, clock: number = CLOCK.realtime) => ({ clock, timeout, absolute: true });
  assert.equal(poll(guest, [until(now - MILLISECOND), until(now + 10n ** 12n)]), [due(0n)]);
  assert.equal(poll(guest, [until(1n, CLOCK.monotonic)]), [due(0n)]);
  assert.ok(performance.now() - before < 1000);
  assert.equal(poll(guest, [until(BigInt(Date.now() + 20) * MILLISECOND)]), [due(0n)]);
  assert.ok(performance.now() - before >= 18);
});

test("a clock that can't be waited for is an event's error, at once", () => {
  const guest = new Guest();
  const long = { clock: CLOCK.monotonic, timeout: 10n ** 18n };
  assert.equal(poll(guest, [long, { clock: CLOCK.processCputime, timeout: 0n }]), [
    { ...due(1n), error: ERRNO.notsup },
  ]);
  assert.equal(poll(guest, [{ clock: 9, timeout: 0n }]), [{ ...due(0n), error: ERRNO.inval }]);
});

test(
  "files are ready at once, with the count of bytes that are left",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "12345");
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file");
    guest.read(fd, 2);
    const long = { clock: CLOCK.monotonic, timeout: 10n ** 18n };
    assert.equal(poll(guest, [{ read: fd }, long, { write: fd }]), [
      { userdata: 0n, error: 0, type: EVENT.fdRead, bytes: 3n, flags: 0 },
      { userdata: 2n, error: 0, type: EVENT.fdWrite, bytes: 1n, flags: 0 },
    ]);
  }),
);

test(
  "a bad descriptor, a missing right and a closed standard stream are told at once",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "");
    const guest = new Guest();
    const dir = guest.preopen(path);
    const mute = guest.open(dir, "file", { rights: READ_ONLY & ~RIGHT.pollFdReadwrite });
    const closed = guest.host.table.add(standardStream(-1, 0, false));
    const long = { clock: CLOCK.monotonic, timeout: 10n ** 18n };
    const failed = (userdata: bigint, error: number, type: number): Event => ({
      ...due(userdata),
      error,
      type,
    });
    assert.equal(poll(guest, [{ read: 77 }, long, { write: mute }, { read: closed }]), [
      failed(0n, ERRNO.badf, EVENT.fdRead),
      failed(2n, ERRNO.notcapable, EVENT.fdWrite),
      failed(3n, ERRNO.badf, EVENT.fdRead),
    ]);
  }),
);

test("nothing to wait for, unknown tags and arrays outside the memory are refused", () => {
  const guest = new Guest();
  const { poll_oneoff: call } = guest.call;
  assert.is(call?.(0, 0, 0, 0), ERRNO.inval);
  assert.is(call?.(0, 0, -1, 0), ERRNO.inval);
  assert.is(call?.(guest.size - 40, 0, 1, 0), ERRNO.fault);
  assert.is(call?.(0, guest.size - 30, 1, 0), ERRNO.fault);
  assert.is(call?.(0, 64, 1, guest.size - 3), ERRNO.fault);
  guest.view.setUint8(8, 3);
  assert.is(call?.(0, 64, 1, 128), ERRNO.inval);
});

test("subscriptions and events may lie over each other", () => {
  const guest = new Guest();
  const at = guest.room(48 * 3);
  for (let i = 0; i < 3; i++) {
    guest.view.setBigUint64(at + i * 48, BigInt(100 + i), true);
    guest.view.setUint32(at + i * 48 + 16, CLOCK.monotonic, true);
  }
  const count = guest.room(4);
  assert.is(guest.call.poll_oneoff?.(at, at, 3, count), 0);
  assert.is(guest.u32(count), 3);
  assert.equal(
    [0, 1, 2].map((i) => guest.u64(at + i * 32)),
    [100n, 101n, 102n],
  );
});

test("more subscriptions than the first arrays have room for", () => {
  const guest = new Guest();
  const clocks = Array.from({ length: 500 }, (_, i) => ({
    clock: CLOCK.monotonic,
    timeout: i < 400 ? 0n : 10n ** 18n,
  }));
  const events = poll(guest, clocks) as Event[];
  assert.is(events.length, 400);
  assert.is(events.at(-1)?.userdata, 399n);
});

test.run();
