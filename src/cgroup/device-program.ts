/**
 * A device policy as the eBPF program that cgroup v2 asks for every access (BPF_PROG_TYPE_CGROUP_DEVICE, Linux
 * 4.15). It gets struct bpf_cgroup_dev_ctx and returns 1 for yes. Pure.
 */
import { ANY, type DeviceException, type DevicePolicy } from "./devices.ts";

/** Opcodes of linux/bpf.h, the instruction set of the kernel's documentation. */
const LOAD_WORD = 0x61;
const MOVE = 0xbf;
const MOVE_NUMBER = 0xb7;
const AND_NUMBER = 0x57;
const SHIFT_RIGHT = 0x77;
const JUMP_IF_EQUAL = 0x15;
const JUMP_UNLESS_EQUAL = 0x55;
const JUMP_UNLESS_SAME = 0x5d;
const EXIT = 0x95;

/** Offsets in struct bpf_cgroup_dev_ctx; the first word is the access above the type. */
const CONTEXT = { access: 0, major: 4, minor: 8 } as const;
/** BPF_DEVCG_DEV_*. */
const TYPES = { b: 1, c: 2 } as const;
const ALL_ACCESS = 7;

/** Registers: 0 the answer, 1 the context and then scratch. */
const ANSWER = 0;
const SCRATCH = 1;
const TYPE = 2;
const REQUEST = 3;
const MAJOR = 4;
const MINOR = 5;

/** struct bpf_insn; a jump's offset counts from the next instruction. */
type Instruction = readonly [
  code: number,
  destination: number,
  source: number,
  offset: number,
  value: number,
];

const PROLOGUE: readonly Instruction[] = [
  [LOAD_WORD, TYPE, SCRATCH, CONTEXT.access, 0],
  [MOVE, REQUEST, TYPE, 0, 0],
  [AND_NUMBER, TYPE, 0, 0, 0xffff],
  [SHIFT_RIGHT, REQUEST, 0, 0, 16],
  [LOAD_WORD, MAJOR, SCRATCH, CONTEXT.major, 0],
  [LOAD_WORD, MINOR, SCRATCH, CONTEXT.minor, 0],
];

const answer = (allow: boolean): readonly Instruction[] => [
  [MOVE_NUMBER, ANSWER, 0, 0, allow ? 1 : 0],
  [EXIT, 0, 0, 0, 0],
];

/** Answers `allow` if the request is the exception's, else falls through; offset 0 jumps to the next block. */
function block(exception: DeviceException, allow: boolean): Instruction[] {
  const { type, major, minor, access } = exception;
  const tests: Instruction[] = [[JUMP_UNLESS_EQUAL, TYPE, 0, 0, TYPES[type]]];
  if (access !== ALL_ACCESS) {
    tests.push([MOVE, SCRATCH, REQUEST, 0, 0], [AND_NUMBER, SCRATCH, 0, 0, access]);
    // To be allowed all of the request must be allowed; to be denied any part of it is enough.
    tests.push(allow ? [JUMP_UNLESS_SAME, SCRATCH, REQUEST, 0, 0] : [JUMP_IF_EQUAL, SCRATCH, 0, 0, 0]);
  }
  if (major !== ANY) tests.push([JUMP_UNLESS_EQUAL, MAJOR, 0, 0, major]);
  if (minor !== ANY) tests.push([JUMP_UNLESS_EQUAL, MINOR, 0, 0, minor]);
  const end = tests.length + 2;
  const isJump = (code: number) =>
    code === JUMP_IF_EQUAL || code === JUMP_UNLESS_EQUAL || code === JUMP_UNLESS_SAME;
  return [
    ...tests.map(([code, destination, source, , value], i): Instruction => {
      return [code, destination, source, isJump(code) ? end - i - 1 : 0, value];
    }),
    ...answer(allow),
  ];
}

/** The program as struct bpf_insn[], in the byte order of x86-64 and arm64. */
export function deviceProgram(policy: DevicePolicy): Uint8Array {
  const blocks = policy.exceptions.flatMap((exception) => block(exception, !policy.allowed));
  const program = [...PROLOGUE, ...blocks, ...answer(policy.allowed)];
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, [code, destination, source, offset, value]] of program.entries()) {
    view.setUint8(i * 8, code);
    view.setUint8(i * 8 + 1, (source << 4) | destination);
    view.setInt16(i * 8 + 2, offset, true);
    view.setInt32(i * 8 + 4, value, true);
  }
  return bytes;
}
