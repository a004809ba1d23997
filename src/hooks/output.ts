/** Where hooks' stdout and stderr go (run.oci.hooks.stdout, run.oci.hooks.stderr). */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import type { StringMap } from "../spec/types.ts";

/** O_WRONLY|O_CREAT|O_NOCTTY|O_APPEND|O_CLOEXEC */
const APPENDING = 0o2002501;

/** The file of one of the annotations, opened to be appended to; -1 where it is absent. */
export function openOutput(name: string, annotations: StringMap | undefined, bundle: string): number {
  const path = annotations?.[name];
  if (!path) return -1;
  try {
    return files().open(path.startsWith("/") ? path : `${bundle}/${path}`, APPENDING, 0o600);
  } catch (error) {
    throw new OcirtError({
      action: "open the hooks' output",
      path,
      pointer: `/annotations/${name}`,
      errno: isNativeError(error) ? error.code : undefined,
    });
  }
}
