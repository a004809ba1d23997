/**
 * A component as its file defines it (component-model, design/mvp/Binary.md): one definition after the other,
 * each of which appends to one of the index spaces. Indices are those of the component that holds the definition.
 */

export const PRIMITIVES = [
  "bool",
  "s8",
  "u8",
  "s16",
  "u16",
  "s32",
  "u32",
  "s64",
  "u64",
  "f32",
  "f64",
  "char",
  "string",
] as const;
export type PrimitiveName = (typeof PRIMITIVES)[number];

/** A primitive, or the index of a type. */
export type TypeRef = PrimitiveName | number;

export interface Labelled {
  readonly name: string;
  readonly type: TypeRef;
}

export interface VariantCase {
  readonly name: string;
  readonly type: TypeRef | undefined;
}

export type TypeDefinition =
  | { readonly kind: "primitive"; readonly name: PrimitiveName }
  | { readonly kind: "record"; readonly fields: readonly Labelled[] }
  | { readonly kind: "variant"; readonly cases: readonly VariantCase[] }
  | { readonly kind: "list"; readonly element: TypeRef; readonly length?: number }
  | { readonly kind: "tuple"; readonly elements: readonly TypeRef[] }
  | { readonly kind: "flags" | "enum"; readonly labels: readonly string[] }
  | { readonly kind: "option"; readonly some: TypeRef }
  | { readonly kind: "result"; readonly ok: TypeRef | undefined; readonly error: TypeRef | undefined }
  | { readonly kind: "own" | "borrow"; readonly resource: number }
  | { readonly kind: "func"; readonly params: readonly Labelled[]; readonly result: TypeRef | undefined }
  | { readonly kind: "instance" | "component"; readonly declarations: readonly Definition[] }
  | { readonly kind: "resource"; readonly destructor: number | undefined };

/** What an import or an export is declared to be. */
export type ExternType =
  | { readonly kind: "type"; readonly bound: number | "resource" }
  | { readonly kind: "func" | "instance" | "component" | "core-module"; readonly type: number };

export type CoreSort = "func" | "table" | "memory" | "global" | "tag" | "type" | "module" | "instance";
export type Sort = "func" | "type" | "component" | "instance" | `core-${CoreSort}`;

export interface SortIndex {
  readonly sort: Sort;
  readonly index: number;
}

export interface NamedIndex extends SortIndex {
  readonly name: string;
}

export interface CanonOptions {
  readonly encoding: "utf8" | "utf16" | "latin1+utf16";
  readonly memory?: number;
  readonly realloc?: number;
  readonly postReturn?: number;
}

export type Definition =
  | { readonly kind: "core-module"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "core-instance"; readonly module: number; readonly args: readonly NamedIndex[] }
  | { readonly kind: "core-exports"; readonly exports: readonly NamedIndex[] }
  /** Counted, and never looked at: the engine checks core types by itself. */
  | { readonly kind: "core-type" }
  | { readonly kind: "nested"; readonly component: ComponentDefinition }
  | { readonly kind: "instance"; readonly component: number; readonly args: readonly NamedIndex[] }
  | { readonly kind: "exports"; readonly exports: readonly NamedIndex[] }
  | { readonly kind: "alias"; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly kind: "outer"; readonly sort: Sort; readonly count: number; readonly index: number }
  | { readonly kind: "type"; readonly type: TypeDefinition }
  | { readonly kind: "lift"; readonly func: number; readonly type: number; readonly options: CanonOptions }
  | { readonly kind: "lower"; readonly func: number; readonly options: CanonOptions }
  | { readonly kind: "resource-new" | "resource-drop" | "resource-rep"; readonly resource: number }
  | { readonly kind: "import"; readonly name: string; readonly type: ExternType }
  | { readonly kind: "export"; readonly name: string; readonly of: SortIndex }
  /** Of an instance's or a component's type. */
  | { readonly kind: "export-type"; readonly name: string; readonly type: ExternType };

export interface ComponentDefinition {
  readonly definitions: readonly Definition[];
}
