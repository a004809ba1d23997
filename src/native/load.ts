import type { Files } from "./index.ts";
import { O_RDONLY_CLOEXEC } from "./open-flags.ts";

/** The first half of the executable has the addon's functions linked in (native/front/engine.cc). */
declare const ocirtAddon: unknown;

/**
 * The second half gets the addon as a descriptor of a memory file, from the first half or from init: nothing has
 * to be unpacked to a file, for which a hardened host or a container's user may have no place. From sources it is
 * in build/.
 */
export function loadAddon(): unknown {
  if (typeof ocirtAddon !== "undefined") return ocirtAddon;
  const fd = process.env.OCIRT_ADDON_FD;
  if (fd !== undefined) {
    // Hooks have the caller's environment, and this variable is none of it. The engine still has to close it.
    if (process.env.OCIRT_WASM_ENGINE === undefined) delete process.env.OCIRT_ADDON_FD;
    return loadFrom(`/proc/self/fd/${Number(fd)}`);
  }
  // Not imported: at the top of the bundle node:module would cost each start 0.2 ms.
  return process.getBuiltinModule("node:module").createRequire(import.meta.url)(
    "../../build/native/ocirt.node",
  );
}

function loadFrom(path: string): unknown {
  const loaded: { exports: Partial<Files> } = { exports: {} };
  process.dlopen(loaded, path);
  const { open } = loaded.exports;
  return Object.assign(loaded.exports, { addonMemory: () => open?.(path, O_RDONLY_CLOEXEC, 0) });
}
