/** The core modules of a component, compiled. */
import { limitMemory } from "../memory-limit.ts";
import { compileModule } from "../module.ts";
import { type ReadAt, readSections, scanSections } from "../sections.ts";
import type { ComponentDefinition } from "./definitions.ts";
import type { Compiled } from "./instantiate.ts";

/** Those of nested components too; `most`: bytes that a memory of them may have. Throws an EngineError. */
export function compileAll(
  definition: ComponentDefinition,
  path: string,
  most: number | undefined,
): Compiled {
  const modules = new Map<Uint8Array, WebAssembly.Module>();
  const visit = ({ definitions }: ComponentDefinition) => {
    for (const entry of definitions) {
      if (entry.kind === "core-module")
        modules.set(entry.bytes, compileModule(stripped(entry.bytes, most), path));
      else if (entry.kind === "nested") visit(entry.component);
    }
  };
  visit(definition);
  return (bytes) => modules.get(bytes) as WebAssembly.Module;
}

/** Without custom sections but the names, by which the engine's compiler tells a trap's place. */
function stripped(bytes: Uint8Array<ArrayBuffer>, most: number | undefined): Uint8Array<ArrayBuffer> {
  const read: ReadAt = (into, at) => {
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  };
  const { kept, memory } = scanSections(read, bytes.length, true);
  const rest = readSections(read, kept);
  return most === undefined || memory === undefined ? rest : limitMemory(rest, memory, most);
}
