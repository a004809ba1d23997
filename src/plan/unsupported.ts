/** Annotations of crun that are not implemented: each is refused by name. */
import { OcirtError } from "../errors.ts";
import { UNSUPPORTED_ANNOTATIONS } from "../spec/annotations.ts";
import type { Spec } from "../spec/types.ts";

export function refuseUnsupportedAnnotations(spec: Spec): void {
  for (const name of UNSUPPORTED_ANNOTATIONS) {
    if (spec.annotations?.[name] === undefined) continue;
    throw new OcirtError({
      action: "plan the container",
      pointer: `/annotations/${name}`,
      reason: "this annotation is not supported",
      hint: "leave it out to run without it",
    });
  }
}
