/** The module: its file read, recognised and compiled. */
import { errnoText } from "../errors.ts";
import { processes } from "../native/process.ts";
import type { WasiNative } from "../native/wasi.ts";
import { EngineError } from "./failure.ts";
import { limitMemory } from "./memory-limit.ts";
import { functionNames } from "./names.ts";
import type { Request } from "./request.ts";
import { type Range, type ReadAt, readSections, scanSections } from "./sections.ts";
import { type FileKind, SNIFF_LENGTH, sniff } from "./sniff.ts";
import type { Frame } from "./trap.ts";

export interface LoadedModule {
  readonly kind: "module";
  readonly module: WebAssembly.Module;
  /** Whether instantiating it runs its code. */
  readonly start: boolean;
  /** The names of a stack's functions, read from the file when they are needed. */
  readonly namesOf: (frames: readonly Frame[]) => ReadonlyMap<number, string>;
}

/** A component is parsed and compiled by its executor. */
export interface LoadedComponent {
  readonly kind: "component";
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its modules keep their names. */
  readonly namesOf: LoadedModule["namesOf"];
}

export type Loaded = LoadedModule | LoadedComponent;

const ORDINARY = ["elf", "script"];
const EXEC =
  "; exec in a WebAssembly container runs modules only: run ordinary programs in a container of their own";
const SMART =
  "; for ordinary programs too, set the annotation `module.wasm.image/variant` to `compat-smart`, or remove it";
const CANNOT_RUN: Readonly<Record<FileKind, string>> = {
  module: "is a WebAssembly module, which this executor can't run",
  component: "is a WebAssembly component (WASI preview 2), which this executor can't run",
  text: "is WebAssembly text; assemble it first, with wat2wasm",
  elf: "is an ELF program, not a WebAssembly module",
  script: "is a script, not a WebAssembly module",
  unknown: "is not a WebAssembly module",
};

function unfit(path: string, kind: FileKind, exec: boolean): EngineError {
  const hint = !ORDINARY.includes(kind) ? "" : exec ? EXEC : SMART;
  return new EngineError(`\`${path}\` ${CANNOT_RUN[kind]}${hint}`);
}

/** `match`: whether the executor can run what the file is. */
export function loadModule(
  native: WasiNative,
  fd: number,
  { module: path, memory: most, exec = false }: Pick<Request, "module" | "memory" | "exec">,
  match: (kind: FileKind) => boolean,
): Loaded {
  const read: ReadAt = (bytes, position) => {
    const length = native.readAt(fd, bytes, position);
    if (length < 0) throw unreadable(path, length);
    return length;
  };
  const size = native.size(fd);
  if (size < 0) throw unreadable(path, size);
  const head = new Uint8Array(SNIFF_LENGTH);
  const kind = sniff(head.subarray(0, read(head, 0)));
  if (!match(kind)) throw unfit(path, kind, exec);
  if (kind === "component") {
    return { kind, bytes: readSections(read, [{ from: 0, to: size }]), namesOf: () => new Map() };
  }
  const sections = scanSections(read, size);
  const { names, memory } = sections;
  const bytes = readSections(read, sections.kept);
  return {
    kind: "module",
    module: compileModule(
      most === undefined || memory === undefined ? bytes : limitMemory(bytes, memory, most),
      path,
    ),
    start: sections.start,
    namesOf: (frames) => (names === undefined ? new Map() : namesIn(read, names, frames)),
  };
}

function unreadable(path: string, result: number): EngineError {
  return new EngineError(`can't read \`${path}\`: ${errnoText(processes().errnoName(-result))}`);
}

export function compileModule(bytes: Uint8Array<ArrayBuffer>, path: string): WebAssembly.Module {
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
