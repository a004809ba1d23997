import { test } from "uvu";
import * as assert from "uvu/assert";
import { ERRNO } from "./errno.ts";
import { Exit, Guest } from "./testing.ts";

/** The strings that a pair of calls gives. */
function strings(guest: Guest, name: "args" | "environ"): string[] {
  const out = guest.room(8);
  assert.is(guest.call[`${name}_sizes_get`]?.(out, out + 4), 0);
  const [count, length] = [guest.u32(out), guest.u32(out + 4)];
  const pointers = guest.room(count * 4);
  const text = guest.room(length);
  assert.is(guest.call[`${name}_get`]?.(pointers, text), 0);
  const found = Array.from({ length: count }, (_, i) => {
    const at = guest.u32(pointers + i * 4);
    return guest.string(at, text + length - at).split("\0")[0] as string;
  });
  assert.is(new TextEncoder().encode(found.map((one) => `${one}\0`).join("")).length, length);
  return found;
}

test("arguments and environment arrive as given", () => {
  const args = ["/module.wasm", "two words", "", "ünïcode"];
  const env = ["KEY=value", "EMPTY=", "EQUALS=a=b"];
  const guest = new Guest({ args, env });
  assert.equal(strings(guest, "args"), args);
  assert.equal(strings(guest, "environ"), env);
  assert.equal(strings(new Guest({ args: [], env: [] }), "environ"), []);
});

test("what doesn't fit is refused", () => {
  const guest = new Guest({ args: ["x".repeat(100)] });
  assert.is(guest.call.args_get?.(guest.size - 3, 0), ERRNO.fault);
  assert.is(guest.call.args_get?.(0, guest.size - 50), ERRNO.fault);
  assert.is(guest.call.args_sizes_get?.(-4, 0), ERRNO.fault);
});

const statusOf = (call: () => unknown): number => {
  try {
    call();
  } catch (error) {
    if (error instanceof Exit) return error.status;
    throw error;
  }
  return -1;
};

test("proc_exit ends with the lowest byte, as exit(3) does", () => {
  const { call } = new Guest();
  assert.is(
    statusOf(() => call.proc_exit?.(0)),
    0,
  );
  assert.is(
    statusOf(() => call.proc_exit?.(42)),
    42,
  );
  assert.is(
    statusOf(() => call.proc_exit?.(-1)),
    255,
  );
  assert.is(
    statusOf(() => call.proc_exit?.(256 + 3)),
    3,
  );
});

test("proc_raise does what the signal does by default", () => {
  const { call } = new Guest();
  const [TERM, CHLD, STOP, USR2] = [15, 16, 18, 12];
  assert.is(
    statusOf(() => call.proc_raise?.(TERM)),
    143,
  );
  assert.is(
    statusOf(() => call.proc_raise?.(USR2)),
    140,
  );
  assert.is(call.proc_raise?.(0), 0);
  assert.is(call.proc_raise?.(CHLD), 0);
  assert.is(call.proc_raise?.(STOP), ERRNO.notsup);
  assert.is(call.proc_raise?.(31), ERRNO.inval);
});

test.run();
