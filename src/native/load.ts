declare const OCIRT_VERSION: string | undefined;
declare const require: (path: string) => unknown;

/**
 * In the executable the addon is embedded beside the bundle; from sources it is in build/. The Wasm engine gets
 * it as a descriptor: it runs as the container's user, who may write nowhere that a file could be unpacked to.
 */
export function loadAddon(): unknown {
  const fd = process.env.OCIRT_ADDON_FD;
  if (fd !== undefined && process.env.OCIRT_WASM_ENGINE !== undefined) {
    const loaded = { exports: {} };
    process.dlopen(loaded, `/proc/self/fd/${Number(fd)}`);
    return loaded.exports;
  }
  if (typeof OCIRT_VERSION !== "undefined") return require("./ocirt.node");
  // Not imported: at the top of the bundle node:module would cost each start 0.2 ms.
  return process.getBuiltinModule("node:module").createRequire(import.meta.url)(
    "../../build/native/ocirt.node",
  );
}
