/** The module: its file read, recognised and compiled. */
import { errnoText } from "../errors.ts";
import { processes } from "../native/process.ts";
import type { WasiNative } from "../native/wasi.ts";
import { EngineError } from "./failure.ts";
import { functionNames } from "./names.ts";
import { type Range, type ReadAt, readSections, scanSections } from "./sections.ts";
import { type FileKind, SNIFF_LENGTH, sniff } from "./sniff.ts";
import type { Frame } from "./trap.ts";

export interface LoadedModule {
  readonly module: WebAssembly.Module;
  /** Whether instantiating it runs its code. */
  readonly start: boolean;
  /** The names of a stack's functions, read from the file when they are needed. */
  readonly namesOf: (frames: readonly Frame[]) => ReadonlyMap<number, string>;
}

const NOT_A_MODULE: Readonly<Record<Exclude<FileKind, "module">, string>> = {
  component: "is a WebAssembly component (WASI preview 2); only core modules (preview 1) can be run",
  text: "is WebAssembly text; assemble it first, with wat2wasm",
  elf: "is an ELF program, not a WebAssembly module",
  script: "is a script, not a WebAssembly module",
  unknown: "is not a WebAssembly module",
};

export function loadModule(native: WasiNative, fd: number, path: string): LoadedModule {
  const read: ReadAt = (bytes, position) => {
    const length = native.readAt(fd, bytes, position);
    if (length < 0) throw unreadable(path, length);
    return length;
  };
  const size = native.size(fd);
  if (size < 0) throw unreadable(path, size);
  const head = new Uint8Array(SNIFF_LENGTH);
  const kind = sniff(head.subarray(0, read(head, 0)));
  if (kind !== "module") throw new EngineError(`\`${path}\` ${NOT_A_MODULE[kind]}`);
  const sections = scanSections(read, size);
  const { names } = sections;
  return {
    module: compile(readSections(read, sections.kept), path),
    start: sections.start,
    namesOf: (frames) => (names === undefined ? new Map() : namesIn(read, names, frames)),
  };
}

function unreadable(path: string, result: number): EngineError {
  return new EngineError(`can't read \`${path}\`: ${errnoText(processes().errnoName(-result))}`);
}

function compile(bytes: Uint8Array<ArrayBuffer>, path: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new EngineError(`\`${path}\` is not valid: ${withoutCaller(error.message)}`);
  }
}

/** JavaScriptCore names itself, and quotes the JavaScript that called. */
function withoutCaller(message: string): string {
  return message
    .replace(/^WebAssembly\.Module doesn't \w+(?: at|:) /, "")
    .replace(/ \(evaluating '[\s\S]*'\)$/, "");
}

function namesIn(read: ReadAt, names: Range, frames: readonly Frame[]): ReadonlyMap<number, string> {
  const wanted = new Set(frames.flatMap(({ index }) => (index === undefined ? [] : [index])));
  return wanted.size === 0 ? new Map() : functionNames(readSections(read, [names]), wanted);
}
