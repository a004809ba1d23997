import { test } from "uvu";
import * as assert from "uvu/assert";
import { CLOCK } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { Guest } from "./testing.ts";

test("clocks tell the time in nanoseconds, and go on", () => {
  const guest = new Guest();
  const at = guest.room(8);
  const time = (id: number) => {
    assert.is(guest.call.clock_time_get?.(id, 1n, at), 0);
    return guest.u64(at);
  };
  const now = BigInt(Date.now()) * 1_000_000n;
  const told = time(CLOCK.realtime);
  assert.ok(told - now > -1_000_000_000n && told - now < 1_000_000_000n);
  for (const id of Object.values(CLOCK)) {
    const before = time(id);
    assert.ok(time(id) >= before && before > 0n, String(id));
    assert.is(guest.call.clock_res_get?.(id, at), 0);
    assert.ok(guest.u64(at) >= 1n && guest.u64(at) <= 1_000_000_000n);
  }
  assert.is(guest.call.clock_time_get?.(4, 0n, at), ERRNO.inval);
  assert.is(guest.call.clock_res_get?.(-1, at), ERRNO.inval);
  assert.is(guest.call.clock_time_get?.(0, 0n, guest.size - 7), ERRNO.fault);
});

test("random bytes fill exactly the buffer, however large", () => {
  const guest = new Guest();
  const length = 100_000;
  assert.is(guest.call.random_get?.(8, length), 0);
  const bytes = guest.bytes(0, length + 16);
  assert.equal([...bytes.subarray(0, 8)], new Array(8).fill(0));
  assert.equal([...bytes.subarray(length + 8)], new Array(8).fill(0));
  const seen = new Set(bytes.subarray(8, length + 8));
  assert.is(seen.size, 256);
  assert.is(guest.call.random_get?.(guest.size, 0), 0);
  assert.is(guest.call.random_get?.(guest.size, 1), ERRNO.fault);
  assert.is(guest.call.random_get?.(-8, 16), ERRNO.fault);
});

test("yielding works", () => {
  assert.is(new Guest().call.sched_yield?.(), 0);
});

test.run();
