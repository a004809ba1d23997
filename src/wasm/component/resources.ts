/** Handles: the numbers by which a component instance names resources (CanonicalABI.md, "Resource State"). */

export function trap(why: string): never {
  throw new WebAssembly.RuntimeError(why);
}

/** Identity is all that a resource type is; of the host's resources the representation is an object. */
export interface ResourceType {
  readonly kind: "resource";
  /** For messages. */
  readonly name: string;
  /** The instance that defines it; undefined for the host. */
  readonly owner: object | undefined;
  /** Ends a resource whose last owner has dropped it. */
  readonly drop?: (representation: unknown) => void;
}

/** A call that resources are lent to, or lent by, until it returns. */
export class Scope {
  /** Borrowed handles that the callee has still to drop. */
  borrowed = 0;
  readonly #lent: Handle[] = [];

  lend(handle: Handle): void {
    handle.lent++;
    this.#lent.push(handle);
  }

  /** The call has returned. */
  end(): void {
    for (const handle of this.#lent) handle.lent--;
    if (this.borrowed > 0) trap("a borrowed handle was not dropped before the call returned");
  }
}

interface Handle {
  readonly type: ResourceType;
  readonly representation: unknown;
  /** The call that it is borrowed for; undefined where the instance owns it. */
  readonly scope: Scope | undefined;
  lent: number;
}

/** As the specification has it. */
const MOST_HANDLES = 2 ** 28 - 1;

export class HandleTable {
  readonly #handles: (Handle | undefined)[] = [undefined];
  readonly #free: number[] = [];

  #add(handle: Handle): number {
    const index = this.#free.pop() ?? this.#handles.length;
    if (index > MOST_HANDLES) trap("too many handles");
    this.#handles[index] = handle;
    return index;
  }

  #get(index: number, type: ResourceType): Handle {
    const handle = this.#handles[index >>> 0];
    if (handle === undefined) return trap(`there is no handle ${index >>> 0} (of \`${type.name}\`)`);
    if (handle.type !== type)
      return trap(`the handle ${index >>> 0} is of \`${handle.type.name}\`, not \`${type.name}\``);
    return handle;
  }

  #remove(index: number): void {
    this.#handles[index >>> 0] = undefined;
    this.#free.push(index >>> 0);
  }

  addOwn(type: ResourceType, representation: unknown): number {
    return this.#add({ type, representation, scope: undefined, lent: 0 });
  }

  addBorrow(type: ResourceType, representation: unknown, scope: Scope): number {
    scope.borrowed++;
    return this.#add({ type, representation, scope, lent: 0 });
  }

  /** The resource, which the instance gives away. */
  takeOwn(index: number, type: ResourceType): unknown {
    const handle = this.#get(index, type);
    if (handle.scope !== undefined) trap("a borrowed handle can't be given away");
    if (handle.lent > 0) trap("a handle that is lent can't be given away");
    this.#remove(index);
    return handle.representation;
  }

  /** The resource, lent for the time of a call. */
  lend(index: number, type: ResourceType, scope: Scope): unknown {
    const handle = this.#get(index, type);
    scope.lend(handle);
    return handle.representation;
  }

  representation(index: number, type: ResourceType): unknown {
    return this.#get(index, type).representation;
  }

  drop(index: number, type: ResourceType): void {
    const handle = this.#get(index, type);
    if (handle.lent > 0) trap("a handle that is lent can't be dropped");
    this.#remove(index);
    if (handle.scope !== undefined) handle.scope.borrowed--;
    else type.drop?.(handle.representation);
  }
}
