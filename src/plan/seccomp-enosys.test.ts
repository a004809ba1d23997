import { test } from "uvu";
import * as assert from "uvu/assert";
import { runFilter } from "./bpf-interpreter.ts";
import { enosysPrologue, needsEnosys } from "./seccomp-enosys.ts";
import { SECCOMP_ARCHITECTURES } from "./seccomp-tables.ts";

const { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM } =
  SECCOMP_ARCHITECTURES;
const X32_BIT = 0x4000_0000;
const ENOSYS = 0x5_0026;
/** Stands for the filter that follows: BPF_RET of a value that nothing else returns. */
const FILTER = Uint8Array.of(0x06, 0, 0, 0, 0x78, 0x56, 0x34, 0x12);
const TO_FILTER = 0x1234_5678;

/** What a call gets from the prologue for `newest`. */
function answer(newest: [number, number][], arch: number, nr: number): number {
  const prologue = enosysPrologue(new Map(newest));
  const program = new Uint8Array(prologue.length + FILTER.length);
  program.set(prologue);
  program.set(FILTER, prologue.length);
  return runFilter(program, { arch, nr });
}

test("on one architecture only the newer calls get ENOSYS", () => {
  const newest: [number, number][] = [[SCMP_ARCH_AARCH64, 440]];
  assert.is(answer(newest, SCMP_ARCH_AARCH64, 0), TO_FILTER);
  assert.is(answer(newest, SCMP_ARCH_AARCH64, 440), TO_FILTER);
  assert.is(answer(newest, SCMP_ARCH_AARCH64, 441), ENOSYS);
  assert.is(answer(newest, SCMP_ARCH_AARCH64, 0xffff_ffff), ENOSYS);
});

test("every architecture has its own newest call", () => {
  const newest: [number, number][] = [
    [SCMP_ARCH_X86_64, 450],
    [SCMP_ARCH_X86, 460],
    [SCMP_ARCH_ARM, 470],
  ];
  for (const [arch, number] of newest) {
    assert.is(answer(newest, arch, number), TO_FILTER);
    assert.is(answer(newest, arch, number + 1), ENOSYS);
  }
  assert.is(answer(newest, SCMP_ARCH_AARCH64, 9999), TO_FILTER, "an architecture that the filter has not");
});

test("x32 and x86-64 are told apart by the number", () => {
  const newest: [number, number][] = [
    [SCMP_ARCH_X86_64, 450],
    [SCMP_ARCH_X32, X32_BIT + 547],
  ];
  assert.is(answer(newest, SCMP_ARCH_X86_64, 450), TO_FILTER);
  assert.is(answer(newest, SCMP_ARCH_X86_64, 451), ENOSYS);
  assert.is(answer(newest, SCMP_ARCH_X86_64, X32_BIT + 547), TO_FILTER);
  assert.is(answer(newest, SCMP_ARCH_X86_64, X32_BIT + 548), ENOSYS);
});

test("an ABI of x86-64 that the profile knows nothing of is the filter's", () => {
  assert.is(answer([[SCMP_ARCH_X86_64, 450]], SCMP_ARCH_X86_64, X32_BIT + 9999), TO_FILTER);
  assert.is(answer([[SCMP_ARCH_X86_64, 450]], SCMP_ARCH_X86_64, 451), ENOSYS);
  assert.is(answer([[SCMP_ARCH_X32, X32_BIT + 5]], SCMP_ARCH_X86_64, 9999), TO_FILTER);
  assert.is(answer([[SCMP_ARCH_X32, X32_BIT + 5]], SCMP_ARCH_X86_64, X32_BIT + 6), ENOSYS);
});

test("without a known call there is no prologue", () => {
  assert.is(enosysPrologue(new Map([[SCMP_ARCH_X86_64, 0]])).length, 0);
});

test("only a default action that refuses asks for it, and not where it is ENOSYS already", () => {
  for (const action of [0x5_0001, 0, 0x8000_0000, 0x3_0000])
    assert.ok(needsEnosys(action), action.toString(16));
  for (const action of [0x5_0026, 0x7fff_0000, 0x7ffc_0000, 0x7ff0_0001])
    assert.not(needsEnosys(action), action.toString(16));
});

test.run();
