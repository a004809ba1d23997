/** Makes an instance of a component: its definitions, carried out one after the other. */
import { EngineError } from "../failure.ts";
import type { AbiOptions, CoreFunction, InstanceState } from "./abi.ts";
import type { CanonOptions, Definition, NamedIndex, SortIndex } from "./definitions.ts";
import { lift, lower } from "./functions.ts";
import { HandleTable, type ResourceType } from "./resources.ts";
import { type Component, type CoreExports, type Entry, type Exports, type Item, Space } from "./space.ts";
import { evaluateType, functionType, resourceType } from "./types.ts";

/** What an import is given, by its name and how it is declared; the space is where the declaration stands. */
export type Imports = (definition: Extract<Definition, { kind: "import" }>, space: Space) => Item;

/** The core modules of a component, compiled before. */
export type Compiled = (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;

/** From here on the component's own code runs. */
const RUNNING: readonly Definition["kind"][] = ["core-instance", "instance"];

/**
 * Carries out what comes before the component's own code, its imports above all; what is returned does the rest.
 * Both throw an EngineError for what does not fit together, the rest also what a start function throws.
 */
export function prepare(component: Component, imports: Imports, compiled: Compiled): () => Exports {
  const instance = new Instance(component.outer, imports, compiled);
  const { definitions } = component.definition;
  const first = definitions.findIndex(({ kind }) => RUNNING.includes(kind));
  const before = first < 0 ? definitions.length : first;
  for (const definition of definitions.slice(0, before)) instance.define(definition);
  return () => {
    for (const definition of definitions.slice(before)) instance.define(definition);
    return instance.exports;
  };
}

class Instance implements InstanceState {
  readonly handles = new HandleTable();
  entered = false;
  readonly exports = new Map<string, Item>();
  readonly #space: Space;
  readonly #imports: Imports;
  readonly #compiled: Compiled;

  constructor(outer: Space | undefined, imports: Imports, compiled: Compiled) {
    this.#space = new Space(outer);
    this.#imports = imports;
    this.#compiled = compiled;
  }

  define(definition: Definition): void {
    this.#space.add(this.#entry(definition));
  }

  #entry(definition: Definition): Entry {
    const space = this.#space;
    switch (definition.kind) {
      case "core-module":
        return { sort: "core-module", value: this.#compiled(definition.bytes) };
      case "core-instance":
        return { sort: "core-instance", value: this.#coreInstance(definition.module, definition.args) };
      case "core-exports":
        return { sort: "core-instance", value: this.#coreExports(definition.exports) };
      case "core-type":
        return { sort: "core-type", value: undefined };
      case "nested":
        return { sort: "component", value: { definition: definition.component, outer: space } };
      case "instance":
        return { sort: "instance", value: this.#nestedInstance(definition.component, definition.args) };
      case "exports":
        return { sort: "instance", value: this.#exported(definition.exports) };
      case "alias":
        return this.#alias(definition.sort, definition.instance, definition.name);
      case "outer":
        return space.outwards(definition.count).entry(definition.sort, definition.index);
      case "type": {
        const { type } = definition;
        const value = type.kind === "resource" ? this.#resource(type.destructor) : evaluateType(space, type);
        return { sort: "type", value };
      }
      case "lift":
        return { sort: "func", value: this.#lifted(definition.func, definition.type, definition.options) };
      case "import":
        return this.#imports(definition, space);
      case "export": {
        const item = this.#item(definition.of);
        this.exports.set(definition.name, item);
        return item;
      }
      case "export-type":
        throw new EngineError("the component is not valid: a declaration where a definition belongs");
      default:
        return { sort: "core-func", value: this.#core(definition) as unknown as WebAssembly.ExportValue };
    }
  }

  /** The core functions that the canonical ABI defines. */
  #core(definition: Extract<Definition, { kind: "lower" | `resource-${string}` }>): CoreFunction {
    if (definition.kind === "lower") {
      return lower(this.#space.get("func", definition.func), this, this.#options(definition.options));
    }
    const type = resourceType(this.#space, definition.resource);
    const { handles } = this;
    switch (definition.kind) {
      case "resource-new":
        return (representation) => handles.addOwn(type, representation);
      case "resource-rep":
        return (index) => handles.representation(index as number, type) as number;
      case "resource-drop":
        return (index) => {
          handles.drop(index as number, type);
          return undefined;
        };
    }
  }

  #item({ sort, index }: SortIndex): Item {
    if (sort.startsWith("core-") && sort !== "core-module") {
      throw new EngineError(`the component is not valid: a ${sort} can't be passed on`);
    }
    return { sort, value: this.#space.get(sort, index) } as Item;
  }

  #exported(entries: readonly NamedIndex[]): Exports {
    return new Map(entries.map((entry) => [entry.name, this.#item(entry)]));
  }

  #alias(sort: NamedIndex["sort"], index: number, name: string): Entry {
    const space = this.#space;
    if (sort.startsWith("core-") && sort !== "core-module") {
      const value = space.get("core-instance", index)[name];
      if (value === undefined)
        throw new EngineError(`the component is not valid: no core export \`${name}\``);
      return { sort, value } as Entry;
    }
    const item = space.get("instance", index).get(name);
    if (item?.sort !== sort)
      throw new EngineError(`the component is not valid: no ${sort} \`${name}\` is exported`);
    return item;
  }

  #coreFunction(index: number): CoreFunction {
    return this.#space.get("core-func", index) as unknown as CoreFunction;
  }

  #optionalFunction(index: number | undefined): CoreFunction | undefined {
    return index === undefined ? undefined : this.#coreFunction(index);
  }

  #options({ encoding, memory, realloc }: CanonOptions): AbiOptions {
    return {
      encoding,
      memory:
        memory === undefined ? undefined : (this.#space.get("core-memory", memory) as WebAssembly.Memory),
      realloc: this.#optionalFunction(realloc),
    };
  }

  #lifted(func: number, type: number, options: CanonOptions) {
    const settings = { ...this.#options(options), postReturn: this.#optionalFunction(options.postReturn) };
    return lift(this.#coreFunction(func), functionType(this.#space, type), this, settings);
  }

  #resource(destructor: number | undefined): ResourceType {
    const drop = this.#optionalFunction(destructor);
    return {
      kind: "resource",
      name: "a resource of the component",
      owner: this,
      ...(drop === undefined ? {} : { drop: (representation) => void drop(representation as number) }),
    };
  }

  #coreExports(entries: readonly NamedIndex[]): CoreExports {
    // Names are the component's, `__proto__` among them: nothing is inherited, and nothing leads to a prototype.
    const exports: Record<string, WebAssembly.ExportValue> = Object.create(null);
    for (const { name, sort, index } of entries) exports[name] = this.#space.get(sort, index) as never;
    return exports;
  }

  #coreInstance(module: number, args: readonly NamedIndex[]): CoreExports {
    const imports: WebAssembly.Imports = Object.create(null);
    for (const { name, index } of args) imports[name] = this.#space.get("core-instance", index);
    try {
      return new WebAssembly.Instance(this.#space.get("core-module", module), imports).exports;
    } catch (error) {
      if (error instanceof WebAssembly.LinkError)
        throw new EngineError(`the component is not valid: ${error.message}`);
      throw error;
    }
  }

  #nestedInstance(index: number, args: readonly NamedIndex[]): Exports {
    const given = new Map(args.map((entry) => [entry.name, this.#item(entry)]));
    return prepare(
      this.#space.get("component", index),
      ({ name }) => {
        const item = given.get(name);
        if (item === undefined)
          throw new EngineError(`the component is not valid: nothing is given for \`${name}\``);
        return item;
      },
      this.#compiled,
    )();
  }
}
