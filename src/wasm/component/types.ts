/** From the definitions of types to types that convert values. */
import { EngineError } from "../failure.ts";
import { borrow, fixedList, flags, list, own, record, tuple } from "./compounds.ts";
import type { TypeDefinition, TypeRef } from "./definitions.ts";
import type { FunctionType } from "./functions.ts";
import type { ResourceType } from "./resources.ts";
import { SCALARS } from "./scalars.ts";
import type { Space, Type } from "./space.ts";
import type { ValueType } from "./values.ts";
import { enumeration, option, result, variant } from "./variants.ts";

function typeOf<K extends Type["kind"]>(space: Space, index: number, kind: K): Extract<Type, { kind: K }> {
  const type = space.get("type", index);
  if (type.kind !== kind) {
    throw new EngineError(
      `the component is not valid: the type ${index} is a ${type.kind}'s, not a ${kind}'s`,
    );
  }
  return type as Extract<Type, { kind: K }>;
}

export function functionType(space: Space, index: number): FunctionType {
  return typeOf(space, index, "func");
}

export function resourceType(space: Space, index: number): ResourceType {
  return typeOf(space, index, "resource");
}

function valueType(space: Space, ref: TypeRef): ValueType {
  return typeof ref === "string" ? SCALARS[ref] : typeOf(space, ref, "value");
}

const optional = (space: Space, ref: TypeRef | undefined) =>
  ref === undefined ? undefined : valueType(space, ref);

/** All but resource types, which are made by who owns them. */
export function evaluateType(space: Space, type: Exclude<TypeDefinition, { kind: "resource" }>): Type {
  switch (type.kind) {
    case "primitive":
      return SCALARS[type.name];
    case "record":
      return record(
        type.fields.map(({ name }) => name),
        type.fields.map((field) => valueType(space, field.type)),
      );
    case "variant":
      return variant(type.cases.map((one) => ({ name: one.name, type: optional(space, one.type) })));
    case "list": {
      const element = valueType(space, type.element);
      return type.length === undefined ? list(element) : fixedList(element, type.length);
    }
    case "tuple":
      return tuple(type.elements.map((element) => valueType(space, element)));
    case "flags":
      return flags(type.labels);
    case "enum":
      return enumeration(type.labels);
    case "option":
      return option(valueType(space, type.some));
    case "result":
      return result(optional(space, type.ok), optional(space, type.error));
    case "own":
      return own(resourceType(space, type.resource));
    case "borrow":
      return borrow(resourceType(space, type.resource));
    case "func":
      return {
        kind: "func",
        params: type.params.map((param) => valueType(space, param.type)),
        result: optional(space, type.result),
      };
    case "instance":
    case "component":
      return { kind: type.kind, declarations: type.declarations, outer: space };
  }
}
