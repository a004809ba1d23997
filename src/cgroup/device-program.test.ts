import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeviceRule } from "../spec/types.ts";
import { deviceProgram } from "./device-program.ts";
import { ACCESS, devicePolicy } from "./devices.ts";

type Letters = "r" | "w" | "m" | "rw" | "rwm";

/** Runs the program as the kernel would: only the instructions that it may have. */
function allows(
  program: Uint8Array,
  type: "b" | "c",
  major: number,
  minor: number,
  letters: Letters,
): boolean {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const access = [...letters].reduce((set, letter) => set | ACCESS[letter as keyof typeof ACCESS], 0);
  const context = [(access << 16) | (type === "b" ? 1 : 2), major, minor];
  const r: number[] = new Array(11).fill(Number.NaN);
  for (let pc = 0; pc * 8 < program.length; pc++) {
    const code = view.getUint8(pc * 8);
    const to = view.getUint8(pc * 8 + 1) & 0xf;
    const from = view.getUint8(pc * 8 + 1) >> 4;
    const offset = view.getInt16(pc * 8 + 2, true);
    const value = view.getInt32(pc * 8 + 4, true);
    if (code === 0x61) r[to] = context[offset / 4] ?? Number.NaN;
    else if (code === 0xbf) r[to] = r[from] ?? Number.NaN;
    else if (code === 0xb7) r[to] = value;
    else if (code === 0x57) r[to] = (r[to] ?? 0) & value;
    else if (code === 0x77) r[to] = (r[to] ?? 0) >>> value;
    else if (code === 0x15) pc += r[to] === value ? offset : 0;
    else if (code === 0x55) pc += r[to] !== value ? offset : 0;
    else if (code === 0x5d) pc += r[to] !== r[from] ? offset : 0;
    else if (code === 0x95) return r[0] === 1;
    else throw new Error(`no such instruction: ${code.toString(16)}`);
  }
  throw new Error("the program falls off its end");
}

const programOf = (...rules: DeviceRule[]) => deviceProgram(devicePolicy(rules, []));

test("deny all leaves the default devices and mknod", () => {
  const program = programOf({ allow: false, access: "rwm" });
  assert.ok(allows(program, "c", 1, 3, "rwm"));
  assert.ok(allows(program, "c", 136, 99, "rw"));
  assert.ok(allows(program, "b", 8, 0, "m"));
  assert.not(allows(program, "b", 8, 0, "r"));
  assert.not(allows(program, "b", 1, 3, "r"), "a block device with the numbers of /dev/null");
  assert.not(allows(program, "c", 1, 1, "rw"));
});

test("an allowed device is allowed with what the rule says and no more", () => {
  const program = programOf({ allow: true, type: "b", major: 8, minor: 16, access: "r" });
  assert.ok(allows(program, "b", 8, 16, "r"));
  assert.not(allows(program, "b", 8, 16, "rw"));
  assert.not(allows(program, "b", 8, 17, "r"));
});

test("a denied device is denied when any part of the request is", () => {
  const program = programOf(
    { allow: true, access: "rwm" },
    { allow: false, type: "b", major: 8, access: "w" },
    { allow: false, type: "c", major: 10, minor: 201, access: "rwm" },
  );
  assert.not(allows(program, "b", 8, 3, "rw"));
  assert.ok(allows(program, "b", 8, 3, "r"));
  assert.not(allows(program, "c", 10, 201, "m"));
  assert.ok(allows(program, "c", 10, 202, "rwm"));
  assert.ok(allows(program, "b", 9, 3, "rwm"));
});

test("allow all is allow all", () => {
  const program = programOf({ allow: true, access: "rwm" });
  assert.is(program.length, 8 * 8);
  assert.ok(allows(program, "b", 259, 1, "rwm"));
});

test.run();
