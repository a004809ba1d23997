/** What every guest finds around it, whatever runs it: its environment, its directory, its preopens. */
import { errnoText } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";
import type { WasiNative } from "../native/wasi.ts";
import { EngineError } from "./failure.ts";
import type { Request } from "./request.ts";

/** A WASI guest has no working directory: what tells it one is PWD, which Go's runtime starts from. */
export function environment({ env, cwd }: Request): readonly string[] {
  return cwd === "/" || env.some((variable) => variable.startsWith("PWD=")) ? env : [...env, `PWD=${cwd}`];
}

/** The process's own: /proc shows it, and paths of AF_UNIX are relative to it. */
export function enterDirectory(native: WasiNative, path: string): void {
  const result = native.changeDirectory(path);
  if (result < 0) throw pathFailure("change to the directory", path, result);
}

/** Opens each preopen, and hands it over with the guest's name of it. */
export function openPreopens(
  native: WasiNative,
  { preopens }: Request,
  take: (fd: number, name: string, root: boolean) => void,
): void {
  for (const { guest, host: path } of preopens) {
    const fd = native.openDirectory(path);
    if (fd < 0) throw pathFailure("open the directory", path, fd);
    take(fd, guest, path === "/");
  }
}

function pathFailure(action: string, path: string, result: number): EngineError {
  return new EngineError(`can't ${action} \`${path}\`: ${errnoText(processes().errnoName(-result))}`);
}

/** A text file of the container, undefined where there is none. */
export function readText(path: string): string | undefined {
  try {
    return files().readText(path);
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}
