/** Header fields: wasi:http/types' resource, and what may be in one. */
import type { Call } from "../functions.ts";
import type { ResourceType } from "../resources.ts";

/** RFC 9110, 5.6.2: token. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The connection's own; a component that set them could make two messages of one. */
const FORBIDDEN = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const TAB = 9;
const SPACE = 32;
const DELETE = 127;

export type Field = readonly [name: string, value: Uint8Array];

export const FIELDS: ResourceType = { kind: "resource", name: "fields", owner: undefined };

export function isName(name: string): boolean {
  return NAME.test(name);
}

export function isValue(value: Uint8Array): boolean {
  return value.every((byte) => byte === TAB || (byte >= SPACE && byte !== DELETE));
}

export const isForbidden = (name: string) => FORBIDDEN.has(name.toLowerCase());

/** In their order. Names are equal in any case, and kept as given. */
export class Fields {
  #fields: Field[];
  immutable = false;

  constructor(fields: readonly Field[] = []) {
    this.#fields = [...fields];
  }

  get all(): readonly Field[] {
    return this.#fields;
  }

  get(name: string): Uint8Array[] {
    const wanted = name.toLowerCase();
    return this.#fields.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
  }

  add(name: string, value: Uint8Array): void {
    this.#fields.push([name, value]);
  }

  remove(name: string): void {
    const wanted = name.toLowerCase();
    this.#fields = this.#fields.filter(([key]) => key.toLowerCase() !== wanted);
  }

  /** They belong to a message now. */
  frozen(): this {
    this.immutable = true;
    return this;
  }
}

/** The length that a message's fields declare; undefined where they don't. Throws a RangeError where it is none. */
export function declaredLength(fields: Fields): number | undefined {
  const [given, ...more] = fields.get("content-length").map((value) => String.fromCharCode(...value));
  if (given === undefined) return undefined;
  if (more.length > 0 || !/^\d{1,15}$/.test(given)) throw new RangeError("the Content-Length is no length");
  return Number(given);
}

type Change = { readonly ok: undefined } | { readonly error: { readonly tag: string } };
const DONE: Change = { ok: undefined };

/** Why these can't be fields of a message; undefined where they can. */
function refusal(name: string, values: readonly Uint8Array[]): Change | undefined {
  if (!isName(name) || !values.every(isValue)) return { error: { tag: "invalid-syntax" } };
  return isForbidden(name) ? { error: { tag: "forbidden" } } : undefined;
}

function change(self: Fields, name: string, values: readonly Uint8Array[], work: () => void): Change {
  if (self.immutable) return { error: { tag: "immutable" } };
  const why = refusal(name, values);
  if (why === undefined) work();
  return why ?? DONE;
}

function fromList(list: readonly Field[]): unknown {
  for (const [name, value] of list) {
    const why = refusal(name, [value]);
    if (why !== undefined) return why;
  }
  return { ok: new Fields(list) };
}

export const fieldsFunctions: Record<string, Call> = {
  "[constructor]fields": () => new Fields(),
  "[static]fields.from-list": fromList,
  "[method]fields.get": (self: Fields, name: string) => self.get(name),
  "[method]fields.has": (self: Fields, name: string) => self.get(name).length > 0,
  "[method]fields.set": (self: Fields, name: string, values: readonly Uint8Array[]) =>
    change(self, name, values, () => {
      self.remove(name);
      for (const value of values) self.add(name, value);
    }),
  "[method]fields.append": (self: Fields, name: string, value: Uint8Array) =>
    change(self, name, [value], () => self.add(name, value)),
  "[method]fields.delete": (self: Fields, name: string) => change(self, name, [], () => self.remove(name)),
  "[method]fields.entries": (self: Fields) => self.all,
  "[method]fields.clone": (self: Fields) => new Fields(self.all),
};
