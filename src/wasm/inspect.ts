/** What a module imports, exports and needs, and whether this host has it. Pure but for the compiler. */
import type { Lookup } from "./component/imports.ts";
import { inspectComponent } from "./component/inspect.ts";
import { readUnsigned, scanSections } from "./sections.ts";
import { type FileKind, SNIFF_LENGTH, sniff } from "./sniff.ts";

export interface InspectedImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
  readonly offered: boolean;
  /** What comes of it where it is not offered. */
  readonly consequence?: string;
}

export interface Inspection {
  readonly kind: FileKind;
  /** Bytes of the file, and of what the engine compiles of it. */
  readonly size: number;
  readonly compiled: number;
  readonly imports: readonly InspectedImport[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  /** In pages of 64 KiB; without a maximum it may grow to what the container has. */
  readonly memory?: { readonly initial: number; readonly maximum?: number };
  /** Why it can't be run here; empty where it can. */
  readonly problems: readonly string[];
}

const KINDS: Readonly<Record<FileKind, string>> = {
  module: "a core module",
  component: "a component (WASI preview 2)",
  text: "WebAssembly text",
  elf: "an ELF program",
  script: "a script",
  unknown: "no WebAssembly",
};

/** The import module's functions of this host; undefined for one that is not the host's. */
export type Offer = (module: string) => Readonly<Record<string, unknown>> | undefined;

/** `lookup`: the interfaces that a component would be given. */
export function inspectModule(bytes: Uint8Array<ArrayBuffer>, offer: Offer, lookup: Lookup): Inspection {
  const kind = sniff(bytes.subarray(0, SNIFF_LENGTH));
  const nothing = { kind, size: bytes.length, compiled: 0, imports: [], exports: [] };
  if (kind === "component") return { ...nothing, ...inspectComponent(bytes, lookup) };
  if (kind !== "module")
    return { ...nothing, problems: [`it is ${KINDS[kind]}, neither a core module nor a component`] };
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    return { ...nothing, problems: [`it is not valid: ${(error as Error).message}`] };
  }
  const sections = scanSections((into, at) => {
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }, bytes.length);
  const imports = WebAssembly.Module.imports(module).map((entry) => inspected(entry, offer));
  const exports = WebAssembly.Module.exports(module).map(({ name, kind }) => ({ name, kind }));
  const compiled = sections.kept.reduce((sum, { from, to }) => sum + to - from, 0);
  const memory = memoryOf(bytes);
  return {
    ...nothing,
    compiled,
    imports,
    exports,
    ...(memory === undefined ? {} : { memory }),
    problems: problemsOf(imports, exports),
  };
}

function inspected(
  { module, name, kind }: { module: string; name: string; kind: string },
  offer: Offer,
): InspectedImport {
  const entry = { module, name, kind: String(kind) };
  if (entry.kind !== "function") return { ...entry, offered: false, consequence: "it can't be run" };
  const functions = offer(module);
  if (functions === undefined) return { ...entry, offered: false, consequence: "an error when it is called" };
  if (Object.hasOwn(functions, name)) return { ...entry, offered: true };
  return { ...entry, offered: false, consequence: "it answers ENOSYS" };
}

function problemsOf(
  imports: readonly InspectedImport[],
  exports: readonly { readonly name: string; readonly kind: string }[],
): string[] {
  const has = (name: string, kind: string) =>
    exports.some((entry) => entry.name === name && entry.kind === kind);
  return [
    ...imports
      .filter(({ kind }) => kind !== "function")
      .map(({ kind, module, name }) => `it imports the ${kind} \`${module}.${name}\``),
    ...(has("memory", "memory") ? [] : ["it exports no `memory`"]),
    ...(has("_start", "function")
      ? []
      : [`it has no \`_start\`${has("_initialize", "function") ? ": it is a reactor" : ""}`]),
  ];
}

const MEMORY = 5;

/** The first memory of the memory section. */
function memoryOf(bytes: Uint8Array): Inspection["memory"] {
  for (let at = 8; at < bytes.length; ) {
    const size = readUnsigned(bytes, at + 1);
    if (size === undefined) return undefined;
    if (bytes[at] === MEMORY) {
      const count = readUnsigned(bytes, size.end);
      if (count === undefined || count.value === 0) return undefined;
      const initial = readUnsigned(bytes, count.end + 1);
      if (initial === undefined) return undefined;
      const maximum =
        ((bytes[count.end] ?? 0) & 1) === 0 ? undefined : readUnsigned(bytes, initial.end)?.value;
      return { initial: initial.value, ...(maximum === undefined ? {} : { maximum }) };
    }
    at = size.end + size.value;
  }
  return undefined;
}

const mebibytes = (pages: number) => `${(pages / 16).toFixed(1)} MiB`;

/** For people. */
export function inspectionText(path: string, inspection: Inspection): string {
  const { kind, size, compiled, imports, exports, memory, problems } = inspection;
  const lines: [string, string][] = [["module", `${path}: ${KINDS[kind]}, ${size} bytes`]];
  if (compiled > 0) lines.push(["compiled", `${compiled} bytes; custom sections stay on disk`]);
  if (memory !== undefined) {
    const { initial, maximum } = memory;
    const most = maximum === undefined ? "as much as there is" : mebibytes(maximum);
    lines.push(["memory", `${mebibytes(initial)} at first, may grow to ${most}`]);
  }
  for (const { name, kind } of exports) lines.push(["exports", `${kind} ${name}`]);
  for (const { module, name, kind, offered, consequence } of imports) {
    const what = kind === "function" ? "" : `${kind} `;
    lines.push(["imports", `${what}${module}.${name}: ${offered ? "offered" : `missing; ${consequence}`}`]);
  }
  lines.push(["runs here", problems.length === 0 ? "yes" : `no: ${problems.join("; ")}`]);
  return lines.map(([label, text]) => `${label.padEnd(10)} ${text}\n`).join("");
}
