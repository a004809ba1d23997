import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Guest } from "../wasm/wasi/testing.ts";
import { wasiNative } from "./wasi.ts";
import { callDirectly } from "./wasi-direct.ts";

const EBADF = -9;
const EFAULT = -14;
const EINVAL = -22;

test("every direct function is one of the host's, with letters for its parameters", () => {
  const native = wasiNative();
  const functions = Object.entries(native.directFunctions());
  assert.ok(functions.length >= 15);
  for (const [name, [address, signature]] of functions) {
    assert.type(native[name as "read"], "function", name);
    assert.ok(Number.isSafeInteger(address) && address > 0, name);
    assert.match(signature, /^[bfil]*$/, name);
  }
  assert.is(native.directFunctions().pread?.[1], "iiili");
  assert.is(native.directFunctions().poll?.[1], "if");
  assert.is(native.directFunctions().accept?.[1], "ibb");
});

test("direct calls take the same values and give the same results", () => {
  const direct = { ...wasiNative() };
  callDirectly(direct);
  const guest = new Guest();
  const directory = mkdtempSync(join(tmpdir(), "ocirt-direct-"));
  const fd = openSync(join(directory, "file"), "w+");
  try {
    for (const native of [wasiNative(), direct]) {
      const [iovs, count] = guest.vectors(new TextEncoder().encode("0123456789"));
      const out = guest.room(8);
      assert.is(native.seek(fd, 0n, 0, out), 0);
      assert.is(native.truncate(fd, 0n), 0);
      assert.is(native.write(fd, iovs, count, out), 0);
      assert.is(guest.u32(out), 10);
      assert.is(native.pwrite(fd, iovs, count, 2n ** 33n, out), 0);
      assert.is(native.seek(fd, -3n, 2, out), 0);
      assert.is(guest.u64(out), 2n ** 33n + 7n);
      assert.is(native.read(fd, iovs, count, out), 0);
      assert.is(guest.u32(out), 3);
      assert.is(native.pread(fd, iovs, count, -1n, out), EINVAL);
      assert.is(native.write(fd, 0xffff_fff8, 1, out), EFAULT);
      assert.is(native.write(fd, -8, 1, out), EFAULT);
      assert.is(native.write(-1, iovs, count, out), EBADF);
      assert.is(native.poll(0, 1000.5), 0);
      assert.is(native.accept(fd, true, false), -88);
      assert.is(native.clockTime(1, out), 0);
      assert.ok(guest.u64(out) > 0n);
      assert.is(native.close(-1), EBADF);
    }
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
});

test("a guest that calls often goes over to direct calls, and on as before", () => {
  const native = { ...wasiNative() };
  const before = native.clockTime;
  const guest = new Guest({ native });
  const out = guest.room(8);
  let last = 0n;
  for (let i = 0; i < 5000; i++) {
    assert.is(guest.call.clock_time_get?.(1, 0n, out), 0);
    assert.ok(guest.u64(out) >= last);
    last = guest.u64(out);
  }
  assert.is.not(native.clockTime, before);
});

test.run();
