/** One field of config.json to be compared with the peers, and the ways to write it down. */
import { type Config, type Container, put } from "../harness/index.ts";

export interface Field {
  readonly edit: (config: Config, container: Container) => void;
  /** What the container tells besides; a shell script. */
  readonly also?: string;
  /** Peers of before the field ignore it: what they show also of this is no comparison. */
  readonly newerThan?: Field;
  /** Facts that no peer has so, and why they are right: patterns of `section key`. */
  readonly own?: readonly (readonly [fact: RegExp, why: string])[];
}

export const edit = (work: Field["edit"], also?: string): Field =>
  also === undefined ? { edit: work } : { edit: work, also };

export const at = (pointer: string, value: unknown, also?: string): Field =>
  edit((config) => put(config, pointer, value), also);

export const DEFAULT: Field = { edit: () => {} };

export const newer = (field: Field, than = DEFAULT): Field => ({ ...field, newerThan: than });

export const own = (field: Field, ...facts: [fact: RegExp, why: string][]): Field => ({
  ...field,
  own: facts,
});

/** For what runc refuses, and so crun alone is the peer. */
export const CRUN_ALONE: [RegExp, string][] = [
  [/^files \/dev\/core$/, "as runc: only where there is /proc/kcore"],
  [/^cgroup$/, "as runc: below the caller's own cgroup"],
  [/^mountinfo \/sys\/firmware/, "as runc: a tmpfs"],
];
