/** What is said of a module that ended by a trap: why, and where it was. */
import { demangle } from "./demangle.ts";

/** As a native program that abort(3)s. */
export const TRAP_STATUS = 134;

/** So many frames are kept when a trap happens. */
const MOST_FRAMES = 50;

/** The part of a V8-style call site that is used. */
interface CallSite {
  getFunctionName(): string | null;
}

export interface Frame {
  readonly index: number | undefined;
  readonly name: string | undefined;
}

/** Must run before the module does: the frames are taken when the error is made. */
export function keepFrames(): void {
  Error.stackTraceLimit = MOST_FRAMES;
}

/** A trap, an overflow of the stack, or an exception that nothing in the module catches. */
export function isTrap(error: unknown): boolean {
  return (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof RangeError ||
    ("Exception" in WebAssembly && error instanceof (WebAssembly.Exception as unknown as ErrorConstructor))
  );
}

/** The module's frames, innermost first. Bun's own text of a stack leaves them out. */
export function wasmFrames(error: unknown): Frame[] {
  if (!(error instanceof Error)) return [];
  const holder = Error as unknown as { prepareStackTrace?: (error: Error, sites: CallSite[]) => unknown };
  const before = holder.prepareStackTrace;
  let names: (string | null)[] = [];
  holder.prepareStackTrace = (_error, sites) => {
    names = sites.map((site) => site.getFunctionName());
    return "";
  };
  void error.stack;
  if (before === undefined) delete holder.prepareStackTrace;
  else holder.prepareStackTrace = before;
  return names.flatMap((name): Frame[] => {
    const inside = /wasm-function\[(.*)\]$/.exec(name ?? "")?.[1];
    if (inside === undefined) return [];
    return /^\d+$/.test(inside)
      ? [{ index: Number(inside), name: undefined }]
      : [{ index: undefined, name: inside }];
  });
}

/** The text for stderr. JavaScriptCore adds the JavaScript that called, which is the engine's. */
export function trapText(
  module: string,
  error: unknown,
  frames: readonly Frame[],
  names: ReadonlyMap<number, string>,
): string {
  const message = error instanceof Error ? error.message : "an exception that nothing caught";
  const why = message.replace(/ \(evaluating '[\s\S]*'\)$/, "").replace(/\.$/, "");
  const where = frames.map((frame) => `    at ${frameText(frame, names)}\n`);
  return `ocirt: the module \`${module}\` trapped: ${why}\n${repeated(where).join("")}`;
}

function frameText({ index, name }: Frame, names: ReadonlyMap<number, string>): string {
  if (index === undefined) return demangle(name ?? "");
  const known = demangle(names.get(index) ?? "");
  return known === "" ? `wasm-function[${index}]` : `${known} (wasm-function[${index}])`;
}

/** A recursion is told once. */
function repeated(lines: readonly string[]): string[] {
  const text: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i] as string;
    let end = i + 1;
    while (lines[end] === line) end++;
    text.push(line, ...(end - i > 1 ? [`    (${end - i - 1} times more)\n`] : []));
    i = end;
  }
  return text;
}
