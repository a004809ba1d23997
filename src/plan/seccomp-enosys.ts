/**
 * Programs probe new system calls and fall back on ENOSYS; a profile written before a call existed would give
 * them EPERM or kill them. So a call that is newer than every one that the profile names gets ENOSYS, like in
 * runc: a prologue before the filter decides it, per architecture. Pure.
 */
import { SECCOMP_ACTIONS, SECCOMP_ARCHITECTURES } from "./seccomp-tables.ts";

const ENOSYS = 38;
const RETURN_ENOSYS = SECCOMP_ACTIONS.SCMP_ACT_ERRNO + ENOSYS;
const X86_64: number = SECCOMP_ARCHITECTURES.SCMP_ARCH_X86_64;
const X32: number = SECCOMP_ARCHITECTURES.SCMP_ARCH_X32;
/** x86-64 reports x32 calls as its own, with this bit in the number. */
const X32_BIT = 0x4000_0000;

/** The opcodes used, of linux/bpf_common.h. */
const LOAD_WORD = 0x20;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_SET = 0x45;
const RETURN = 0x06;

/** Offsets in struct seccomp_data. */
const NUMBER = 0;
const ARCHITECTURE = 4;

/** struct sock_filter: code, jump if true, jump if false, k. Jumps count from the next instruction. */
type Instruction = readonly [code: number, yes: number, no: number, k: number];

/** The actions after which a new call must not be hidden: an allowed call is the kernel's to answer. */
const PERMISSIVE = [
  SECCOMP_ACTIONS.SCMP_ACT_ALLOW,
  SECCOMP_ACTIONS.SCMP_ACT_LOG,
  SECCOMP_ACTIONS.SCMP_ACT_TRACE,
];

/** Whether the default action calls for the prologue. */
export function needsEnosys(defaultAction: number): boolean {
  const action = (defaultAction & 0xffff_0000) >>> 0;
  return defaultAction !== RETURN_ENOSYS && !PERMISSIVE.includes(action);
}

/**
 * What follows the load of the number, for one architecture. Falls off its end into the next section, which
 * the caller makes a jump to the filter.
 */
function test(newest: ReadonlyMap<number, number>, architecture: number): Instruction[] {
  const number = newest.get(architecture) ?? 0;
  if (architecture !== X86_64) {
    return [
      [JUMP_GREATER, 0, 1, number],
      [RETURN, 0, 0, RETURN_ENOSYS],
    ];
  }
  const x32 = newest.get(X32) ?? 0;
  // An ABI without a known call is left to the filter: nothing is greater than the greatest number.
  return [
    [JUMP_SET, 1, 0, X32_BIT],
    [JUMP_GREATER, 1, 2, number === 0 ? 0xffff_ffff : number],
    [JUMP_GREATER, 0, 1, x32 === 0 ? 0xffff_ffff : x32],
    [RETURN, 0, 0, RETURN_ENOSYS],
  ];
}

/**
 * The prologue as struct sock_filter[]. `newest` gives for each architecture of the filter (a token of
 * libseccomp) the highest number of a call that the profile names, 0 for none.
 */
export function enosysPrologue(newest: ReadonlyMap<number, number>): Uint8Array {
  const audited = new Set<number>();
  for (const [architecture, number] of newest) {
    if (number > 0) audited.add(architecture === X32 ? X86_64 : architecture);
  }
  if (audited.size === 0) return new Uint8Array(0);
  const sections: Instruction[][] = [];
  for (const architecture of audited) {
    const body = test(newest, architecture);
    // The section's own jump to the filter is its last instruction; its length is filled in below.
    sections.push([
      [JUMP_EQUAL, 0, body.length + 2, architecture],
      [LOAD_WORD, 0, 0, NUMBER],
      ...body,
      [JUMP, 0, 0, 0],
    ]);
  }
  const program: Instruction[] = [[LOAD_WORD, 0, 0, ARCHITECTURE], ...sections.flat()];
  return encode(program.map((one, i) => (one[0] === JUMP ? [JUMP, 0, 0, program.length - i - 1] : one)));
}

/** In the byte order of x86-64 and arm64. */
function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, [code, yes, no, k]] of program.entries()) {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, yes);
    view.setUint8(i * 8 + 3, no);
    view.setUint32(i * 8 + 4, k, true);
  }
  return bytes;
}
