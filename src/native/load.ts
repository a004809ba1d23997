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
  if (typeof OCIRT_VERSION !== "undefined") return loadEmbedded();
  // Not imported: at the top of the bundle node:module would cost each start 0.2 ms.
  return process.getBuiltinModule("node:module").createRequire(import.meta.url)(
    "../../build/native/ocirt.node",
  );
}

/** Bun unpacks an embedded addon to the temporary directory once, which is the fastest way where it works. */
function loadEmbedded(): unknown {
  try {
    return require("./ocirt.node");
  } catch (error) {
    return loadFromMemory(error);
  }
}

interface MemoryFiles {
  memfd_create(name: Uint8Array, flags: number): number;
}

/**
 * Where the temporary directory is read-only, full, or mounted noexec, as on many hardened hosts: from a memory
 * file. It costs a few milliseconds for node:fs and bun:ffi.
 */
function loadFromMemory(cause: unknown): unknown {
  const fs = require("node:fs") as typeof import("node:fs");
  const { dlopen } = require("bun:ffi") as {
    dlopen(library: string, symbols: object): { readonly symbols: MemoryFiles };
  };
  const cloexec = 1;
  const { symbols } = dlopen("libc.so.6", { memfd_create: { args: ["cstring", "u32"], returns: "i32" } });
  const fd = symbols.memfd_create(new TextEncoder().encode("ocirt-addon\0"), cloexec);
  if (fd < 0) throw new Error("the addon can't be loaded: no memory file", { cause });
  const embedded = require("./ocirt-addon.bin") as string | { readonly default: string };
  fs.writeFileSync(fd, fs.readFileSync(typeof embedded === "string" ? embedded : embedded.default));
  const loaded = { exports: {} };
  // The descriptor stays: the addon hands its own file on to the Wasm engine.
  process.dlopen(loaded, `/proc/self/fd/${fd}`);
  return loaded.exports;
}
