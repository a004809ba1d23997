/** What a component imports and exports, and whether this host has it. */
import { EngineError } from "../failure.ts";
import type { InspectedImport, Inspection } from "../inspect.ts";
import { entryOf } from "./entry.ts";
import { hostImports, type Lookup } from "./imports.ts";
import { prepare } from "./instantiate.ts";
import { parseComponent } from "./parse.ts";

type Found = Pick<Inspection, "imports" | "exports" | "problems">;

/** `lookup`: what the host has. Nothing of the component is compiled or run. */
export function inspectComponent(bytes: Uint8Array<ArrayBuffer>, lookup: Lookup): Found {
  const imports: InspectedImport[] = [];
  try {
    const definition = parseComponent(bytes);
    const component = { definition, outer: undefined };
    prepare(component, hostImports(recording(lookup, imports)), () => ({}) as WebAssembly.Module);
    const exports = definition.definitions.flatMap((entry) =>
      entry.kind === "export" ? [{ name: entry.name, kind: entry.of.sort }] : [],
    );
    const missing = imports
      .filter(({ offered }) => !offered)
      .map(({ module, name }) => `it imports \`${name}\` of \`${module}\``);
    return { imports, exports, problems: [...missing, ...problem(() => entryOf(definition))] };
  } catch (error) {
    if (error instanceof EngineError) return { imports, exports: [], problems: [error.message] };
    throw error;
  }
}

function problem(check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof EngineError) return [error.message];
    throw error;
  }
}

/** A host that has everything, and writes down what is asked for and whether the real one has it. */
function recording(lookup: Lookup, imports: InspectedImport[]): Lookup {
  return (module) => {
    const real = lookup(module);
    const note = (name: string, kind: string, offered: boolean) => {
      imports.push({ module, name, kind, offered, ...(offered ? {} : { consequence: "it can't be run" }) });
    };
    return {
      call(name) {
        const call = real?.call(name);
        note(name, "function", call !== undefined);
        return call ?? (() => undefined);
      },
      resource(name) {
        const resource = real?.resource(name);
        if (resource === undefined) note(name, "resource", false);
        return resource ?? { kind: "resource", name, owner: undefined };
      },
    };
  };
}
