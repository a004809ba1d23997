import type { GlobalOptions } from "../../container/options.ts";
import { OcirtError } from "../../errors.ts";
import { files, isNativeError } from "../../native/index.ts";
import { defaultSpec } from "../../spec/default.ts";
import type { CommandArguments } from "../option-types.ts";
import { print } from "../print.ts";
import type { SPEC } from "../table.ts";

const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;

export function run(_global: GlobalOptions, { options }: CommandArguments<typeof SPEC>): void {
  const { bundle, rootless, wasm, file = "config.json" } = options;
  const spec = defaultSpec({ rootless, ...(wasm === undefined ? {} : { wasm }) });
  const text = `${JSON.stringify(spec, null, "\t")}\n`;
  if (file === "-") {
    print(text);
    return;
  }
  const fd = create(file.startsWith("/") || bundle === "." ? file : `${bundle}/${file}`);
  try {
    files().writeFd(fd, text);
  } finally {
    files().close(fd);
  }
}

/** Only ever a new file: the kernel decides, so that nobody's config.json is lost between a look and a write. */
function create(path: string): number {
  try {
    return files().open(path, O_WRONLY | O_CREAT | O_EXCL, 0o666);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (error.code === "EEXIST") {
      throw new OcirtError({
        action: "write",
        path,
        reason: `File ${path.slice(path.lastIndexOf("/") + 1)} exists. Remove it first`,
      });
    }
    throw new OcirtError({ action: "write", path, errno: error.code });
  }
}
