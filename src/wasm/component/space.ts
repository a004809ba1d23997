/** The index spaces of a component while it is instantiated, and what lives in them. */
import { EngineError } from "../failure.ts";
import type { ComponentDefinition, Definition, Sort } from "./definitions.ts";
import type { ComponentFunction, FunctionType } from "./functions.ts";
import type { ResourceType } from "./resources.ts";
import type { ValueType } from "./values.ts";

/** The type of an instance or of a component, evaluated only where the host has to fill it. */
export interface DeclaredType {
  readonly kind: "instance" | "component";
  readonly declarations: readonly Definition[];
  readonly outer: Space;
}

export type Type = ValueType | FunctionType | ResourceType | DeclaredType;

/** What an import or export is. */
export type Item =
  | { readonly sort: "func"; readonly value: ComponentFunction }
  | { readonly sort: "type"; readonly value: Type }
  | { readonly sort: "instance"; readonly value: Exports }
  | { readonly sort: "component"; readonly value: Component }
  | { readonly sort: "core-module"; readonly value: WebAssembly.Module };

/** An instance, as others see it. */
export type Exports = ReadonlyMap<string, Item>;

/** A component where it stands: its definitions may name what is outside of it. */
export interface Component {
  readonly definition: ComponentDefinition;
  readonly outer: Space | undefined;
}

export type CoreExports = Readonly<Record<string, WebAssembly.ExportValue>>;

interface Values {
  func: ComponentFunction;
  type: Type;
  component: Component;
  instance: Exports;
  "core-func": WebAssembly.ExportValue;
  "core-table": WebAssembly.ExportValue;
  "core-memory": WebAssembly.ExportValue;
  "core-global": WebAssembly.ExportValue;
  "core-tag": WebAssembly.ExportValue;
  "core-type": undefined;
  "core-module": WebAssembly.Module;
  "core-instance": CoreExports;
}

/** Something with the index space that it belongs to. */
export type Entry = { [S in Sort]: { readonly sort: S; readonly value: Values[S] } }[Sort];

export class Space {
  readonly outer: Space | undefined;
  readonly #spaces = new Map<Sort, unknown[]>();

  constructor(outer?: Space) {
    this.outer = outer;
  }

  add({ sort, value }: Entry): void {
    const space = this.#spaces.get(sort);
    if (space === undefined) this.#spaces.set(sort, [value]);
    else space.push(value);
  }

  get<S extends Sort>(sort: S, index: number): Values[S] {
    const space = this.#spaces.get(sort) as Values[S][] | undefined;
    if (space === undefined || index >= space.length) {
      throw new EngineError(`the component is not valid: there is no ${sort} ${index}`);
    }
    return space[index] as Values[S];
  }

  entry(sort: Sort, index: number): Entry {
    return { sort, value: this.get(sort, index) } as Entry;
  }

  /** The space so many components further out. */
  outwards(count: number): Space {
    let space: Space = this;
    for (let i = 0; i < count; i++) {
      if (space.outer === undefined)
        throw new EngineError("the component is not valid: an alias leads out of it");
      space = space.outer;
    }
    return space;
  }
}
