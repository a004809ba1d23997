/**
 * @wasmer/wasi as an executor: a sandbox whose file system is in memory only, empty at the start, so that no
 * file of the container but the module can be reached. It has no sockets; stdin is read to its end before the
 * module runs, and output appears when the module has ended. Loaded only where a container selects it.
 */
import type { WASI as Wasi } from "@wasmer/wasi";
import { files, isNativeError } from "../native/index.ts";
import { KIND_TERMINAL, type WasiNative } from "../native/wasi.ts";
import type { Executor } from "./executor.ts";
import { EngineError } from "./failure.ts";

/** How the package words a trap: its own words, the error's class and message, and a stack of its own. */
const TRAPPED =
  /^Error while running start function: (?:\w+\(|\w+Error: )*([^\n]*?)(?: \(evaluating [^\n]*)?(?:\n|$)/;
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** The package compiles a module of its own, which can't be done synchronously. */
export async function loadWasmer(): Promise<Executor> {
  const { init, WASI } = await import("@wasmer/wasi");
  await init();
  return ({ native, loaded, request }) => {
    if (loaded.kind !== "module") throw new EngineError("a component is no command of preview 1");
    const { module } = loaded;
    checkExports(module);
    const wasi = new WASI({
      args: [...request.args],
      env: Object.fromEntries(request.env.map(split)),
      preopens: { "/": "/" },
    });
    const instance = instantiate(wasi, module);
    return {
      enter() {},
      run(begin) {
        wasi.setStdinBuffer(standardInput(native));
        begin();
        try {
          return start(wasi, instance) & 255;
        } finally {
          files().writeFd(STDOUT, wasi.getStdoutBuffer());
          files().writeFd(STDERR, wasi.getStderrBuffer());
        }
      },
    };
  };
}

function split(variable: string): [string, string] {
  const at = variable.indexOf("=");
  return at < 0 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
}

/** The package takes both for granted. */
function checkExports(module: WebAssembly.Module): void {
  const exports = WebAssembly.Module.exports(module);
  const has = (name: string, kind: string) =>
    exports.some((item) => item.name === name && item.kind === kind);
  if (!has("memory", "memory")) throw new EngineError("the module exports no `memory`");
  if (!has("_start", "function")) throw new EngineError("the module has no `_start`");
}

function instantiate(wasi: Wasi, module: WebAssembly.Module): WebAssembly.Instance {
  try {
    return wasi.instantiate(module, {});
  } catch (error) {
    throw new EngineError(`the executor \`wasmer\` can't run the module: ${(error as Error).message}`);
  }
}

function start(wasi: Wasi, instance: WebAssembly.Instance): number {
  try {
    return wasi.start(instance);
  } catch (error) {
    const trap = TRAPPED.exec((error as Error).message);
    throw trap === null ? error : new WebAssembly.RuntimeError(trap[1]);
  }
}

/** A terminal has no end to wait for. */
function standardInput(native: WasiNative): Uint8Array {
  const kind = native.kind(STDIN);
  if (kind < 0 || (kind & KIND_TERMINAL) !== 0) return new Uint8Array(0);
  try {
    return files().readFd(STDIN);
  } catch (error) {
    if (isNativeError(error)) return new Uint8Array(0);
    throw error;
  }
}
