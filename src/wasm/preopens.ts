/** Which directories a module gets: the annotation that narrows and maps them. Pure. */
import { OcirtError } from "../errors.ts";
import { pointerToken } from "../spec/pointer.ts";
import type { Spec } from "../spec/types.ts";
import type { Preopen } from "./request.ts";

export const PREOPENS = "run.ocirt.wasm.preopens";

const EVERYTHING: readonly Preopen[] = [{ guest: "/", host: "/" }];

/** Absolute, without empty and dot components: undefined for what is no such path. */
function absolute(path: string): string | undefined {
  if (!path.startsWith("/") || path.includes("\0")) return undefined;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? undefined : `/${parts.join("/")}`;
}

/**
 * The annotation's value is a list with commas: DIRECTORY, or GUEST=DIRECTORY for one that the module finds under
 * another name. Both are absolute paths in the container; an empty value is no directory at all. Throws an
 * OcirtError for anything else, and for a name that comes twice.
 */
export function preopensOf(spec: Spec): readonly Preopen[] {
  const value = spec.annotations?.[PREOPENS];
  if (value === undefined) return EVERYTHING;
  const refuse = (reason: string) =>
    new OcirtError({
      action: "choose the module's directories",
      pointer: `/annotations/${pointerToken(PREOPENS)}`,
      reason,
      hint: "give absolute paths of the container, as in `/data,/etc=/config`",
    });
  const found: Preopen[] = [];
  for (const entry of value.split(",")) {
    const word = entry.trim();
    if (word === "" && value.trim() === "") break;
    const at = word.indexOf("=");
    const guest = absolute(at < 0 ? word : word.slice(0, at));
    const host = absolute(word.slice(at + 1));
    if (guest === undefined || host === undefined) throw refuse(`\`${word}\` is no absolute path, nor two`);
    if (found.some((other) => other.guest === guest)) throw refuse(`\`${guest}\` comes twice`);
    found.push({ guest, host });
  }
  return found;
}
