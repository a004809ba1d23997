/** Fields that are valid and not implemented: each is refused by name, none is ignored. */
import { OcirtError } from "../errors.ts";
import { UNSUPPORTED_ANNOTATIONS } from "../spec/annotations.ts";
import type { Spec } from "../spec/types.ts";

/** The pointer of each, and how it is read. A field that is absent or empty asks for nothing. */
const FIELDS: readonly (readonly [string, (spec: Spec) => unknown])[] = [
  ["/linux/intelRdt", (spec) => spec.linux?.intelRdt],
];

function asksForNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

export function refuseUnsupportedFields(spec: Spec): void {
  for (const name of UNSUPPORTED_ANNOTATIONS) {
    if (spec.annotations?.[name] === undefined) continue;
    throw new OcirtError({
      action: "plan the container",
      pointer: `/annotations/${name}`,
      reason: "this annotation is not supported",
      hint: "leave it out to run without it",
    });
  }
  for (const [pointer, read] of FIELDS) {
    if (asksForNothing(read(spec))) continue;
    throw new OcirtError({
      action: "plan the container",
      pointer,
      reason: "this field is not supported yet",
      hint: "leave it out to run without it",
    });
  }
}
