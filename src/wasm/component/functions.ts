/** Functions of components, and the two ways across: a core function lifted, one of a component's lowered. */
import {
  Abi,
  type AbiOptions,
  type CoreFunction,
  type CoreValue,
  type InstanceState,
  MOST_FLAT_PARAMS,
  MOST_FLAT_RESULTS,
} from "./abi.ts";
import { tuple } from "./compounds.ts";
import { Scope, trap } from "./resources.ts";
import { FlatValues, type ValueType } from "./values.ts";

export interface FunctionType {
  readonly kind: "func";
  readonly params: readonly ValueType[];
  readonly result: ValueType | undefined;
}

export type Call = (...args: never[]) => unknown;

export interface ComponentFunction {
  readonly type: FunctionType;
  readonly call: Call;
}

const flatCount = (types: readonly ValueType[]) => types.reduce((sum, { flat }) => sum + flat.length, 0);

/** The result in memory, where it is too large for a core result. */
function resultInMemory({ result }: FunctionType): ValueType | undefined {
  return result !== undefined && result.flat.length > MOST_FLAT_RESULTS ? result : undefined;
}

/** A core function as one of its component's: arguments are written into the instance's memory. */
export function lift(
  core: CoreFunction,
  type: FunctionType,
  instance: InstanceState,
  options: AbiOptions & { readonly postReturn: CoreFunction | undefined },
): ComponentFunction {
  const params = tuple(type.params);
  const inMemory = resultInMemory(type);

  function passed(abi: Abi, args: readonly never[]): CoreValue[] {
    if (params.flat.length > MOST_FLAT_PARAMS) {
      const at = abi.allocate(params.size, params.align);
      params.store(abi, at, args as never);
      return [at];
    }
    const flat: CoreValue[] = [];
    params.lower(abi, args as never, flat);
    return flat;
  }

  function returned(abi: Abi, value: CoreValue | undefined): unknown {
    if (type.result === undefined) return undefined;
    if (inMemory === undefined) return type.result.lift(abi, new FlatValues([value as CoreValue]));
    return inMemory.load(abi, abi.inside(value as number, inMemory.size, inMemory.align));
  }

  function call(...args: never[]): unknown {
    if (instance.entered) trap("the component was entered again before it returned");
    instance.entered = true;
    const scope = new Scope();
    const abi = new Abi(instance, options, scope);
    const value = core(...passed(abi, args));
    const result = returned(abi, value);
    options.postReturn?.(...(value === undefined ? [] : [value]));
    scope.end();
    // Where it trapped it is never entered again.
    instance.entered = false;
    return result;
  }

  return { type, call };
}

/** A component's function as a core one: arguments are read from the calling instance's memory. */
export function lower(
  { type, call }: ComponentFunction,
  instance: InstanceState,
  options: AbiOptions,
): CoreFunction {
  const params = tuple(type.params);
  const throughMemory = flatCount(type.params) > MOST_FLAT_PARAMS;
  const inMemory = resultInMemory(type);

  return (...values: CoreValue[]) => {
    const scope = new Scope();
    const abi = new Abi(instance, options, scope);
    const target = inMemory === undefined ? 0 : (values.at(-1) as number);
    const args = throughMemory
      ? params.load(abi, abi.inside(values[0] as number, params.size, params.align))
      : params.lift(abi, new FlatValues(values));
    const result = call(...(args as never[]));
    scope.end();
    if (type.result === undefined) return undefined;
    if (inMemory !== undefined) {
      inMemory.store(abi, abi.inside(target, inMemory.size, inMemory.align), result as never);
      return undefined;
    }
    const flat: CoreValue[] = [];
    type.result.lower(abi, result as never, flat);
    return flat[0];
  };
}
