/** The imports of a component that the host fills: interfaces by their names, functions by their declared types. */
import { EngineError } from "../failure.ts";
import type { Definition, ExternType } from "./definitions.ts";
import type { Call } from "./functions.ts";
import type { Imports } from "./instantiate.ts";
import type { ResourceType } from "./resources.ts";
import { type DeclaredType, type Entry, type Item, Space } from "./space.ts";
import { evaluateType, functionType } from "./types.ts";

/** An interface of the host. */
export interface HostInterface {
  /** By their names: `read`, `[method]input-stream.read`. */
  readonly functions: Readonly<Record<string, Call>>;
  readonly resources?: Readonly<Record<string, ResourceType>>;
}

/** By their names without the version: `wasi:io/streams`. */
export type HostInterfaces = Readonly<Record<string, HostInterface>>;

type Import = Parameters<Imports>[0];

/** The versions of WASI that are one and the same to a host which has all their functions. */
const VERSION = /@0\.2\.\d+$/;

/** What is missing on the host; the import's name is all that a user can look for. */
class Missing extends EngineError {
  constructor(what: string) {
    super(`the component imports ${what}, which this host does not offer`);
  }
}

/** What a host has of one interface; undefined for what it has not. */
export interface Offer {
  call(name: string): Call | undefined;
  resource(name: string): ResourceType | undefined;
}

/** What a host has of an interface, by its whole name; undefined for one that it does not know. */
export type Lookup = (name: string) => Offer | undefined;

const own = <T>(object: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

export function lookupIn(interfaces: HostInterfaces): Lookup {
  return (name) => {
    const plain = name.replace(VERSION, "");
    const known = plain === name ? undefined : own(interfaces, plain);
    if (known === undefined) return undefined;
    return {
      call: (item) => own(known.functions, item),
      resource: (item) => own(known.resources ?? {}, item),
    };
  };
}

/** What an import is given is the same for every instance of the component, and made once. */
export function hostImports(lookup: Lookup): Imports {
  const made = new Map<Import, Item>();
  return (definition, space) => {
    const before = made.get(definition);
    if (before !== undefined) return before;
    const item = hostImport(lookup, definition, space);
    made.set(definition, item);
    return item;
  };
}

function hostImport(lookup: Lookup, { name, type }: Import, space: Space): Item {
  const offer = lookup(name);
  if (type.kind !== "instance" || offer === undefined) throw new Missing(`\`${name}\``);
  const declared = space.get("type", type.type);
  if (declared.kind !== "instance")
    throw new EngineError(`the component is not valid: \`${name}\` is no instance`);
  return { sort: "instance", value: fill(declared, name, offer) };
}

/** The instance that a declaration asks for. */
function fill({ declarations, outer }: DeclaredType, name: string, offer: Offer): Map<string, Item> {
  const space = new Space(outer);
  const exports = new Map<string, Item>();
  for (const declaration of declarations) space.add(declared(declaration, space, exports, name, offer));
  return exports;
}

function declared(
  declaration: Definition,
  space: Space,
  exports: Map<string, Item>,
  name: string,
  offer: Offer,
): Entry {
  switch (declaration.kind) {
    case "core-type":
      return { sort: "core-type", value: undefined };
    case "type": {
      const { type } = declaration;
      if (type.kind === "resource")
        throw new EngineError(`the component is not valid: \`${name}\` defines a resource`);
      return { sort: "type", value: evaluateType(space, type) };
    }
    case "outer":
      return space.outwards(declaration.count).entry(declaration.sort, declaration.index);
    case "export-type": {
      const item = exported(declaration.name, declaration.type, space, name, offer);
      exports.set(declaration.name, item);
      return item;
    }
    default:
      throw new EngineError(`the component is not valid: \`${name}\` declares a ${declaration.kind}`);
  }
}

function exported(item: string, type: ExternType, space: Space, name: string, offer: Offer): Item {
  if (type.kind === "func") {
    const call = offer.call(item);
    if (call === undefined) throw new Missing(`the function \`${item}\` of \`${name}\``);
    return { sort: "func", value: { type: functionType(space, type.type), call } };
  }
  if (type.kind !== "type") throw new Missing(`the ${type.kind} \`${item}\` of \`${name}\``);
  if (type.bound !== "resource") return { sort: "type", value: space.get("type", type.bound) };
  const resource = offer.resource(item);
  if (resource === undefined) throw new Missing(`the resource \`${item}\` of \`${name}\``);
  return { sort: "type", value: resource };
}
