import type { GlobalOptions } from "../../container/options.ts";
import { updateContainer } from "../../container/update.ts";
import { OcirtError } from "../../errors.ts";
import { files, isNativeError } from "../../native/index.ts";
import { parseResources } from "../../spec/resources.ts";
import type { CommandArguments } from "../option-types.ts";
import type { UPDATE } from "../table-resources.ts";
import { withOptions } from "../update-options.ts";

export function run(
  global: GlobalOptions,
  { options, positionals: [id = ""] }: CommandArguments<typeof UPDATE>,
): void | Promise<void> {
  const { resources } = options;
  const given = resources === undefined ? {} : parseResources(read(resources), nameOf(resources));
  const schemata = [options["l3-cache-schema"], options["mem-bw-schema"]].filter(
    (line) => line !== undefined,
  );
  return updateContainer(global, id, withOptions(given, options), schemata);
}

const nameOf = (file: string) => (file === "-" ? "stdin" : file);

function read(file: string): string {
  try {
    return file === "-" ? new TextDecoder().decode(files().readFd(0)) : files().readText(file);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "read the resources", path: nameOf(file), errno: error.code });
  }
}
