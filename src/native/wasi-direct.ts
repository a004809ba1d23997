/**
 * The Wasm host's system calls without Node-API: a call by address takes a fifth of the time, and leaves nothing
 * behind for the collector. Node-API leaves a scope per call, which for a busy server are megabytes. Loading
 * this takes a millisecond, so it is for guests that call often.
 */
import type { WasiNative } from "./wasi.ts";

/** The part of Bun's FFI that is used. */
interface Ffi {
  linkSymbols(symbols: Record<string, { ptr: number; args: readonly string[]; returns: string }>): {
    readonly symbols: Readonly<Partial<WasiNative>>;
  };
}

/** By the addon's letters (native/addon/wasi.h). */
const TYPES: Readonly<Record<string, string>> = { b: "bool", f: "f64", i: "i32", l: "i64" };

/** Replaces the functions by direct calls. Without a JIT there are none: then all stays as it is. */
export function callDirectly(native: WasiNative): void {
  const { linkSymbols } = require("bun:ffi") as Ffi;
  const symbols = Object.entries(native.directFunctions()).map(([name, [ptr, signature]]) => {
    const args = [...signature].map((letter) => TYPES[letter] as string);
    return [name, { ptr, args, returns: "i32" }] as const;
  });
  try {
    Object.assign(native, linkSymbols(Object.fromEntries(symbols)).symbols);
  } catch {
    // RLIMIT_AS leaves no room for compiled code.
  }
}
