/** A classic BPF interpreter for tests: what a seccomp filter answers to a system call, as the kernel would. */

export interface SeccompData {
  /** The system call's number. */
  readonly nr: number;
  /** AUDIT_ARCH_*. */
  readonly arch: number;
  readonly args?: readonly bigint[];
}

/** struct seccomp_data: nr, arch, instruction pointer, six arguments of 64 bits. */
function dataOf({ nr, arch, args = [] }: SeccompData): DataView {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, nr, true);
  view.setUint32(4, arch, true);
  for (const [i, arg] of args.entries()) view.setBigUint64(16 + i * 8, BigInt.asUintN(64, arg), true);
  return view;
}

/** Whether a conditional jump of `operation` is taken. */
function holds(operation: number, a: number, k: number): boolean {
  if (operation === 0x10) return a === k;
  if (operation === 0x20) return a > k;
  if (operation === 0x30) return a >= k;
  if (operation === 0x40) return (a & k) !== 0;
  throw new Error(`no such jump: ${operation}`);
}

/** The return value of the program (struct sock_filter[]); throws on what the kernel's verifier refuses. */
export function runFilter(program: Uint8Array, call: SeccompData): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = dataOf(call);
  let a = 0;
  for (let pc = 0; pc * 8 < program.length; pc++) {
    const code = view.getUint16(pc * 8, true);
    const k = view.getUint32(pc * 8 + 4, true);
    if (code === 0x20) a = data.getUint32(k, true);
    else if (code === 0x54) a = (a & k) >>> 0;
    else if (code === 0x06) return k;
    else if (code === 0x05) pc += k;
    else if ((code & 0x07) === 0x05) pc += view.getUint8(pc * 8 + (holds(code & 0xf0, a, k) ? 2 : 3));
    else throw new Error(`no such instruction: ${code.toString(16)} at ${pc}`);
  }
  throw new Error("the program falls off its end");
}
