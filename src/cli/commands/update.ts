import type { GlobalOptions } from "../../container/options.ts";
import { isUnit } from "../../container/store.ts";
import { updateContainer } from "../../container/update.ts";
import { OcirtError } from "../../errors.ts";
import { files, isNativeError } from "../../native/index.ts";
import { needSecondHalf } from "../../native/second-half.ts";
import { parseResources } from "../../spec/resources.ts";
import type { CommandArguments } from "../option-types.ts";
import type { UPDATE } from "../table-resources.ts";
import { withOptions } from "../update-options.ts";

const STDIN = "-";

export function run(
  global: GlobalOptions,
  { options, positionals: [id = ""] }: CommandArguments<typeof UPDATE>,
): void | Promise<void> {
  if (isUnit(global.root, id)) needSecondHalf();
  const { resources: file, "l3-cache-schema": cache, "mem-bw-schema": bandwidth } = options;
  const schemata = [cache, bandwidth].filter((line) => line !== undefined);
  return updateContainer(global, id, withOptions(file === undefined ? {} : given(file), options), schemata);
}

function given(file: string) {
  const name = file === STDIN ? "stdin" : file;
  const bytes = read(file, name);
  return parseResources(new TextDecoder().decode(bytes), name, () => {
    // What explains an error begins anew, and reads it again.
    if (file === STDIN) files().restoreInput(bytes);
    needSecondHalf();
  });
}

function read(file: string, name: string): Uint8Array {
  try {
    return file === STDIN ? files().readFd(0) : files().readFile(file);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "read the resources", path: name, errno: error.code });
  }
}
