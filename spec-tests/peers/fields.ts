/** A configuration for each field of config.json: what it changes in the default one. */
import type { Field } from "./field.ts";
import { LINUX, NAMESPACES } from "./fields-linux.ts";
import { MOUNTS, ROOT } from "./fields-mounts.ts";
import { PROCESS } from "./fields-process.ts";

export const FIELDS: Readonly<Record<string, Field>> = {
  ...PROCESS,
  ...ROOT,
  ...MOUNTS,
  ...NAMESPACES,
  ...LINUX,
};
