/** What the limits of both cgroup versions are planned as: contents of control files. */
import { OcirtError } from "../errors.ts";
import type { Int64 } from "../spec/types.ts";

/** One control file's new content. */
export interface LimitWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** The field of config.json that asks for it. */
  readonly pointer: string;
  /** Written instead where the kernel has no such file. */
  readonly fallback?: { readonly file: string; readonly value: string };
  /** Without the file the kernel does what the value says anyway. */
  readonly optional?: true;
  /** The kernel may refuse it (EINVAL) until a later write of the same controller is done. */
  readonly retry?: true;
}

/** Where the resources stand: in config.json, or at the top of the JSON of `update`. */
export const RESOURCES = "/linux/resources";

/** Zero is what engines send for "not set", except where a field says otherwise. */
export function isSet(value: Int64 | undefined): value is Int64 {
  return value !== undefined && Number(value) !== 0;
}

/** A field that would change something but cannot. */
export function refuseLimit(pointer: string, reason: string, hint?: string): OcirtError {
  return new OcirtError({ action: "set the resource limits", pointer, reason, hint });
}

/** "0-3,7" and "2MB" come from outside; a control file takes one line. */
export function oneWord(text: string, pointer: string): string {
  if (/^[^\s/]+$/.test(text)) return text;
  throw refuseLimit(pointer, `${JSON.stringify(text)} is no name`);
}

/** pids.max of both versions. 0 means 1, as in runc: systemd cannot set 0, and both forbid to fork. */
export function pidsMax(limit: Int64): string {
  const number = Number(limit);
  return number < 0 ? "max" : number === 0 ? "1" : `${limit}`;
}
