import type { GlobalOptions } from "../../container/options.ts";
import { OcirtError } from "../../errors.ts";
import { files, isNativeError } from "../../native/index.ts";
import { wasiNative } from "../../native/wasi.ts";
import { type Lookup, lookupIn } from "../../wasm/component/imports.ts";
import { allInterfaces } from "../../wasm/component/interfaces.ts";
import { inspectionText, inspectModule, type Offer } from "../../wasm/inspect.ts";
import { Host } from "../../wasm/wasi/host.ts";
import { hostFunctions } from "../../wasm/wasi/imports.ts";
import type { CommandArguments } from "../option-types.ts";
import { print, printJson } from "../print.ts";
import { WASM } from "../table-wasm.ts";
import { UsageError } from "../usage-error.ts";

const CANNOT_RUN = 1;

export function run(
  _global: GlobalOptions,
  { options, positionals }: CommandArguments<typeof WASM>,
): number | undefined {
  const [action = "", path = ""] = positionals;
  if (action !== "inspect") throw new UsageError(`unknown action \`${action}\`; there is \`inspect\``, WASM);
  const inspection = inspectModule(read(path), offer(), interfaces());
  if (options.format === "json") printJson(inspection);
  else print(inspectionText(path, inspection));
  return inspection.problems.length === 0 ? undefined : CANNOT_RUN;
}

function read(path: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(files().readFile(path));
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "read the module", path, errno: error.code });
  }
}

const nobody = (): never => {
  throw new Error("no module runs");
};

/** The interfaces that a component would be given. */
function interfaces(): Lookup {
  const process = { args: [], env: [], cwd: "/", exit: nobody };
  return lookupIn(allInterfaces(wasiNative(), process, () => []).interfaces);
}

/** The functions that a module would be given, asked of the host itself. */
function offer(): Offer {
  const host = new Host({
    native: wasiNative(),
    args: [],
    env: [],
    exit: nobody,
    allowUnixSockets: false,
    readText: () => undefined,
  });
  return (module) => hostFunctions(host, module);
}
