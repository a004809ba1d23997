/** The whole way of a filter: compiled by libseccomp, cached, interpreted, and in force in a real process. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import { runFilter } from "../plan/bpf-interpreter.ts";
import { SECCOMP_ARCHITECTURES } from "../plan/seccomp-tables.ts";
import type { Seccomp, SyscallRule } from "../spec/types.ts";
import { compileSeccomp } from "./seccomp.ts";

/** System call numbers of this machine's architecture. */
const X64 = { read: 0, write: 1, mkdirat: 258, personality: 135, clone: 56, getppid: 110, last: 0x1fff };
const ARM64 = { read: 63, write: 64, mkdirat: 34, personality: 92, clone: 220, getppid: 173, last: 0x1fff };
const NR = process.arch === "x64" ? X64 : ARM64;
const { SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64 } = SECCOMP_ARCHITECTURES;
const ARCH = process.arch === "x64" ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;

const ALLOW = 0x7fff_0000;
const EPERM = 0x5_0001;
const ENOSYS = 0x5_0026;

let directory: string;
test.before.each(() => {
  directory = join(mkdtempSync(join(tmpdir(), "ocirt-seccomp-")), "seccomp");
});
test.after.each(() => rmSync(join(directory, ".."), { recursive: true }));

/** Everything is allowed but what the rules say. */
const except = (...syscalls: SyscallRule[]): Seccomp => ({ defaultAction: "SCMP_ACT_ALLOW", syscalls });
/** Nothing is allowed but what the rules say. */
const only = (...syscalls: SyscallRule[]): Seccomp => ({ defaultAction: "SCMP_ACT_ERRNO", syscalls });

const answer = (seccomp: Seccomp, nr: number, ...args: bigint[]) =>
  runFilter(compileSeccomp(seccomp, "").bpf, { nr, arch: ARCH, args });

test("a call that is named gets its action, the others the default", () => {
  const seccomp = only(
    { names: ["read", "no_such_call_anywhere"], action: "SCMP_ACT_ALLOW" },
    { names: ["clone"], action: "SCMP_ACT_TRAP" },
  );
  assert.is(answer(seccomp, NR.read), ALLOW);
  assert.is(answer(seccomp, NR.clone), 0x3_0000);
  assert.is(answer(seccomp, NR.write), NR.write < NR.clone ? EPERM : ENOSYS);
});

test("a call newer than all that the profile names gets ENOSYS", () => {
  const seccomp = only({ names: ["mkdirat", "personality"], action: "SCMP_ACT_ALLOW" });
  assert.is(answer(seccomp, NR.last), ENOSYS);
  assert.is(answer(seccomp, NR.read), NR.read < Math.max(NR.mkdirat, NR.personality) ? EPERM : ENOSYS);
  assert.is(answer({ ...seccomp, defaultErrnoRet: 5 }, NR.last), ENOSYS);
  assert.is(answer(except({ names: ["mkdirat"], action: "SCMP_ACT_ERRNO" }), NR.last), ALLOW);
});

const operators: [SyscallRule["args"] & object, matching: bigint[], other: bigint[]][] = [
  [[{ index: 0, op: "SCMP_CMP_EQ", value: 7 }], [7n], [8n]],
  [[{ index: 0, op: "SCMP_CMP_NE", value: 7 }], [8n, 0x1_0000_0007n], [7n]],
  [[{ index: 0, op: "SCMP_CMP_LT", value: 7 }], [6n], [7n, 0x1_0000_0000n]],
  [[{ index: 0, op: "SCMP_CMP_LE", value: 7 }], [7n], [8n]],
  [
    [{ index: 0, op: "SCMP_CMP_GE", value: 0xffff_ffff_ffff_fff0n }],
    [0xffff_ffff_ffff_fff0n],
    [0xffff_ffffn],
  ],
  [[{ index: 0, op: "SCMP_CMP_GT", value: 7 }], [8n, 0x1_0000_0000n], [7n]],
  [
    [{ index: 0, op: "SCMP_CMP_MASKED_EQ", value: 0x7e02_0000, valueTwo: 0x0002_0000 }],
    [0x8000_0000n + 0x2_0000n],
    [0x7e02_0000n],
  ],
];

for (const [args, matching, other] of operators) {
  test(`${args[0]?.op} compares all 64 bits`, () => {
    const seccomp = except({ names: ["personality"], action: "SCMP_ACT_ERRNO", args });
    for (const value of matching) assert.is(answer(seccomp, NR.personality, value), EPERM, `${value}`);
    for (const value of other) assert.is(answer(seccomp, NR.personality, value), ALLOW, `${value}`);
  });
}

test("conditions on different arguments must all hold; of several on one any is enough", () => {
  const arg = (index: number, value: number) => ({ index, op: "SCMP_CMP_EQ" as const, value });
  const all = except({ names: ["clone"], action: "SCMP_ACT_ERRNO", args: [arg(0, 1), arg(1, 2)] });
  assert.is(answer(all, NR.clone, 1n, 2n), EPERM);
  assert.is(answer(all, NR.clone, 1n, 3n), ALLOW);
  const any = except({ names: ["clone"], action: "SCMP_ACT_ERRNO", args: [arg(0, 1), arg(0, 2)] });
  for (const value of [1n, 2n]) assert.is(answer(any, NR.clone, value), EPERM);
  assert.is(answer(any, NR.clone, 3n), ALLOW);
});

test("other architectures are killed unless the profile names them", () => {
  const x86 = { nr: 3, arch: SECCOMP_ARCHITECTURES.SCMP_ARCH_X86 };
  const seccomp = only({ names: ["read", "write"], action: "SCMP_ACT_ALLOW" });
  assert.is(runFilter(compileSeccomp(seccomp, "").bpf, x86), 0);
  assert.is(runFilter(compileSeccomp({ ...seccomp, architectures: ["SCMP_ARCH_X86"] }, "").bpf, x86), ALLOW);
});

test("what libseccomp refuses is refused at its place in config.json", () => {
  try {
    compileSeccomp({ ...only(), architectures: ["SCMP_ARCH_S390X"] }, "");
    assert.unreachable();
  } catch (error) {
    assert.instance(error, OcirtError);
    assert.is((error as OcirtError).facts.pointer, "/linux/seccomp/architectures/0");
    assert.match((error as OcirtError).message, "seccomp_arch_add");
  }
});

const mkdirRefused = except({ names: ["mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95 });
const stored = () => readdirSync(directory).map((name) => join(directory, name));

test("a filter is stored once, for its owner only, and read back the same", () => {
  const first = compileSeccomp(mkdirRefused, directory);
  const [file, ...others] = stored();
  assert.equal(others, []);
  assert.is(statSync(directory).mode & 0o777, 0o700);
  assert.is(statSync(file ?? "").mode & 0o777, 0o600);
  const inode = statSync(file ?? "").ino;
  assert.equal(Buffer.from(compileSeccomp(mkdirRefused, directory).bpf), Buffer.from(first.bpf));
  assert.is(statSync(file ?? "").ino, inode, "not written again");
});

test("the stored filter is the one that is used", () => {
  compileSeccomp(mkdirRefused, directory);
  const other = { ...mkdirRefused, flags: [], listenerPath: "/run/agent" };
  assert.is(compileSeccomp(other, directory).flags, 0);
  assert.is(stored().length, 1, "flags and listener are not part of the name");
  compileSeccomp(except({ names: ["mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 96 }), directory);
  const big = (value: bigint) => [{ index: 0, op: "SCMP_CMP_EQ" as const, value }];
  compileSeccomp(except({ names: ["clone"], action: "SCMP_ACT_TRAP", args: big(2n ** 64n - 1n) }), directory);
  compileSeccomp(except({ names: ["clone"], action: "SCMP_ACT_TRAP", args: big(2n ** 64n - 2n) }), directory);
  assert.is(stored().length, 4);
});

const damage: [string, (file: string) => void][] = [
  ["a changed bit", (file) => writeFileSync(file, readFileSync(file).fill(0xee, 150, 160))],
  ["a cut end", (file) => writeFileSync(file, readFileSync(file).subarray(0, -8))],
  ["an odd length", (file) => writeFileSync(file, readFileSync(file).subarray(0, -3))],
  ["no content", (file) => writeFileSync(file, "")],
  ["the filter of another profile", (file) => writeFileSync(file, otherFilter())],
  ["write permission for others", (file) => chmodSync(file, 0o606)],
];

function otherFilter(): Buffer {
  const elsewhere = join(directory, "..", "other");
  compileSeccomp(except({ names: ["read"], action: "SCMP_ACT_KILL" }), elsewhere);
  return readFileSync(join(elsewhere, readdirSync(elsewhere)[0] ?? ""));
}

for (const [what, spoil] of damage) {
  test(`a stored filter with ${what} is made again`, () => {
    const good = Buffer.from(compileSeccomp(mkdirRefused, directory).bpf);
    const [file = ""] = stored();
    const content = readFileSync(file);
    spoil(file);
    assert.equal(Buffer.from(compileSeccomp(mkdirRefused, directory).bpf), good);
    assert.equal(readFileSync(file), content);
    assert.is(statSync(file).mode & 0o777, 0o600);
  });
}

test("a directory that others can write is not used", () => {
  compileSeccomp(mkdirRefused, directory);
  rmSync(stored()[0] ?? "");
  chmodSync(directory, 0o777);
  compileSeccomp(mkdirRefused, directory);
  assert.equal(stored(), []);
});

test("the cache does not grow without end", () => {
  for (let errnoRet = 1; errnoRet <= 70; errnoRet++) {
    compileSeccomp(except({ names: ["mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet }), directory);
  }
  assert.ok(stored().length <= 64, `${stored().length}`);
});

/**
 * Perl is on every Debian and can make any system call: it installs the filter and tells the errno of one call
 * (with one argument), 0 for success.
 */
const PERL = `
  my ($seccomp, $flags, $nr, $arg) = @ARGV;
  binmode STDIN; local $/; my $bpf = <STDIN>;
  my $prctl = $seccomp == 317 ? 157 : 167;
  syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!";
  my $program = pack("S x6 P", length($bpf) / 8, $bpf);
  syscall($seccomp, 1, $flags + 0, $program) == 0 or die "seccomp: $!";
  my $result = syscall($nr + 0, $arg + 0);
  print $result < 0 ? $! + 0 : 0;
`;

function inForce(seccomp: Seccomp, nr: number, arg = 0) {
  const { bpf, flags } = compileSeccomp(seccomp, "");
  const call = process.arch === "x64" ? 317 : 277;
  const run = spawnSync("perl", ["-e", PERL, `${call}`, `${flags}`, `${nr}`, `${arg}`], { input: bpf });
  return { errno: run.stdout.toString(), signal: run.signal, errors: run.stderr.toString() };
}

test("the kernel takes the filter and does what it says", () => {
  const refused = except({ names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 95 });
  assert.equal(inForce(refused, NR.getppid), { errno: "95", signal: null, errors: "" });
  const killed = except({ names: ["getppid"], action: "SCMP_ACT_KILL_PROCESS" });
  assert.is(inForce(killed, NR.getppid).signal, "SIGSYS");
  const args = [{ index: 0, op: "SCMP_CMP_EQ" as const, value: 8 }];
  const personality = except({ names: ["personality"], action: "SCMP_ACT_ERRNO", args });
  assert.is(inForce(personality, NR.personality, 8).errno, "1");
  assert.is(inForce(personality, NR.personality, 0xffff_ffff).errno, "0");
});

test("a profile that allows by name: a known call gets the default, one newer than all names ENOSYS", () => {
  // What perl needs to end in peace.
  const names =
    "read write close exit_group brk mmap munmap rt_sigaction rt_sigprocmask lseek fstat faccessat2";
  const seccomp = only({ names: [...names.split(" "), "getppid"], action: "SCMP_ACT_ALLOW" });
  assert.is(inForce(seccomp, NR.getppid).errno, "0");
  assert.is(inForce(seccomp, NR.personality).errno, "1");
  assert.is(inForce(seccomp, NR.last).errno, "38");
});

test.run();
