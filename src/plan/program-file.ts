/** Why the kernel refuses to execute a file, from the file's first bytes. Pure; asked only after a failure. */
import { type FileKind, sniff } from "../wasm/sniff.ts";

export interface Explanation {
  readonly reason: string;
  readonly hint: string;
}

/** What a file of the rootfs begins with; undefined where it is not there or can't be read. */
export type ReadHead = (path: string) => Uint8Array | undefined;

/** e_machine of elf(5), as people and image indexes call them. */
const MACHINES: Readonly<Record<number, string>> = {
  2: "SPARC",
  3: "x86 (32 bits)",
  8: "MIPS",
  20: "PowerPC",
  21: "ppc64le or ppc64",
  22: "s390x",
  40: "ARM (32 bits)",
  43: "SPARC64",
  50: "IA-64",
  62: "x86-64",
  183: "arm64",
  243: "RISC-V",
  258: "LoongArch",
};

/** e_type: what can't be executed. */
const NO_PROGRAM: Readonly<Record<number, string>> = { 1: "an object file", 4: "a core dump" };

/** A script's interpreter may be a script itself, so often (BINPRM_MAX_RECURSION of the kernel). */
const DEEPEST = 5;
/** BINPRM_BUF_SIZE: so much of a script's first line is read. */
const LONGEST_LINE = 256;

const machineName = (number: number): string => MACHINES[number] ?? `machine ${number}`;

function view(head: Uint8Array): DataView {
  return new DataView(head.buffer, head.byteOffset, head.byteLength);
}

interface Elf {
  readonly machine: number;
  readonly type: number;
  /** PT_INTERP, where it is in the bytes at hand. */
  readonly interpreter?: string | undefined;
}

/** elf(5): the header, and the program header that names the interpreter. */
export function readElf(head: Uint8Array): Elf | undefined {
  if (head.length < 20) return undefined;
  const data = view(head);
  const little = head[5] === 1;
  const wide = head[4] === 2;
  const type = data.getUint16(16, little);
  const machine = data.getUint16(18, little);
  return { machine, type, interpreter: readInterpreter(data, head, wide, little) };
}

function readInterpreter(
  data: DataView,
  head: Uint8Array,
  wide: boolean,
  little: boolean,
): string | undefined {
  const word = (at: number) => (wide ? Number(data.getBigUint64(at, little)) : data.getUint32(at, little));
  if (head.length < (wide ? 64 : 52)) return undefined;
  const start = word(wide ? 32 : 28);
  const size = data.getUint16(wide ? 54 : 42, little);
  const count = data.getUint16(wide ? 56 : 44, little);
  for (let i = 0; i < count; i++) {
    const at = start + i * size;
    if (at + (wide ? 56 : 32) > head.length) return undefined;
    if (data.getUint32(at, little) !== 3) continue;
    const from = word(at + (wide ? 8 : 4));
    const length = word(at + (wide ? 32 : 16));
    if (from + length > head.length || length < 2) return undefined;
    return new TextDecoder().decode(head.subarray(from, from + length - 1));
  }
  return undefined;
}

function explainElf(head: Uint8Array, machine: number, errno: string): Explanation | undefined {
  const elf = readElf(head);
  if (elf === undefined) {
    return { reason: "the file is an ELF that is cut short", hint: "copy it into the rootfs again" };
  }
  if (elf.machine !== machine) {
    return {
      reason: `the file is an ELF for ${machineName(elf.machine)}, and this host is ${machineName(machine)}`,
      hint: "use an image for this host's architecture, or register an emulator such as qemu-user with binfmt_misc",
    };
  }
  const what = NO_PROGRAM[elf.type];
  if (what !== undefined) return { reason: `the file is ${what}`, hint: "link it to a program" };
  if (errno === "ENOENT" && elf.interpreter !== undefined) {
    return {
      reason: `the file is an ELF whose interpreter \`${elf.interpreter}\` is missing in the rootfs`,
      hint: "add the C library that it was linked with, or link it statically",
    };
  }
  return undefined;
}

const WASM_HINTS: Partial<Record<FileKind, Explanation>> = {
  module: {
    reason: "the file is a WebAssembly module, and no annotation says that it is to be run as one",
    hint: 'add "annotations": { "module.wasm.image/variant": "compat" }',
  },
  component: {
    reason: "the file is a WebAssembly component, and no annotation says that it is to be run",
    hint: "build a core module for WASI preview 1, and add the annotation module.wasm.image/variant",
  },
  text: {
    reason: "the file is WebAssembly in text form",
    hint: 'compile it with wat2wasm, and add "annotations": { "module.wasm.image/variant": "compat" }',
  },
};

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The interpreter of a script's first line; undefined where the line is longer than the kernel reads. */
function interpreterOf(head: Uint8Array): { path: string; carriageReturn: boolean } | undefined {
  const line = text(head.subarray(2, LONGEST_LINE));
  const end = line.indexOf("\n");
  if (end < 0 && head.length >= LONGEST_LINE) return undefined;
  const [path = ""] = (end < 0 ? line : line.slice(0, end)).replace(/^[ \t]+/, "").split(/[ \t]/);
  return { path: path.replace(/\r$/, ""), carriageReturn: path.endsWith("\r") };
}

function explainScript(
  head: Uint8Array,
  errno: string,
  machine: number,
  read: ReadHead,
  depth: number,
): Explanation | undefined {
  const found = interpreterOf(head);
  if (found === undefined) {
    return {
      reason: `the file is a script whose first line is longer than ${LONGEST_LINE} bytes`,
      hint: "name an interpreter with a shorter path",
    };
  }
  const { path, carriageReturn } = found;
  if (path === "") {
    return {
      reason: "the file is a script without an interpreter after `#!`",
      hint: "name one: `#!/bin/sh`",
    };
  }
  if (carriageReturn) {
    return {
      reason: `the file is a script whose first line, \`#!${path}\`, ends with a carriage return`,
      hint: "write it with Unix line ends, as dos2unix does",
    };
  }
  if (errno === "EACCES") {
    return {
      reason: `the file is a script whose interpreter \`${path}\` may not be executed`,
      hint: "give it, and the directories of its path, the x permission",
    };
  }
  const interpreter = read(path);
  if (interpreter === undefined) {
    return {
      reason: `the file is a script whose interpreter \`${path}\` is missing in the rootfs`,
      hint: `add \`${path}\` to the rootfs, or name another in the script's first line`,
    };
  }
  const inner = depth > 0 ? explainHead(interpreter, errno, machine, read, depth - 1) : undefined;
  return inner === undefined
    ? undefined
    : { reason: `it is a script for \`${path}\`, and there ${inner.reason}`, hint: inner.hint };
}

/** A byte order mark and "#!". */
const MARKED_SCRIPT = [0xef, 0xbb, 0xbf, 0x23, 0x21];
/** "MZ" */
const WINDOWS = [0x4d, 0x5a];

const startsWith = (head: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => head[index] === byte);

function explainOther(head: Uint8Array): Explanation {
  if (head.length === 0) return { reason: "the file is empty", hint: "copy it into the rootfs again" };
  if (startsWith(head, MARKED_SCRIPT)) {
    return {
      reason: "the file is a script with a byte order mark before `#!`",
      hint: "write it without the mark",
    };
  }
  if (startsWith(head, WINDOWS)) {
    return { reason: "the file is a program for Windows", hint: "use one for Linux" };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells a binary from a text
  if (!/[\x00-\x08\x0e-\x1a\ufffd]/.test(text(head.subarray(0, LONGEST_LINE)))) {
    return {
      reason: "the file is a script without an interpreter",
      hint: 'put `#!/bin/sh`, or what else it is written for, in its first line, or call it by "args": ["sh", …]',
    };
  }
  return { reason: "the file is in no format that the kernel knows", hint: "use a program for Linux" };
}

function explainHead(
  head: Uint8Array,
  errno: string,
  machine: number,
  read: ReadHead,
  depth: number,
): Explanation | undefined {
  const kind = sniff(head);
  if (kind === "elf") return explainElf(head, machine, errno);
  if (kind === "script") return explainScript(head, errno, machine, read, depth);
  return errno === "ENOEXEC" ? (WASM_HINTS[kind] ?? explainOther(head)) : undefined;
}

/**
 * Why execve(2) of `path` failed with `errno`; undefined where the file doesn't tell. `machine`: this host's
 * e_machine.
 */
export function explainProgram(
  path: string,
  errno: string,
  machine: number,
  read: ReadHead,
): Explanation | undefined {
  const head = read(path);
  return head === undefined ? undefined : explainHead(head, errno, machine, read, DEEPEST);
}
