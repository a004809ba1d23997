/** What a container's configuration says of its modules: the first one's and those of `exec`. Pure. */
import type { Spec } from "../spec/types.ts";
import type { Handler } from "./dispatch.ts";
import { memoryLimit } from "./limits.ts";
import { ENGINE_MEMORY } from "./options.ts";
import { preopensOf } from "./preopens.ts";
import type { WasmSettings } from "./request.ts";

/** Throws an OcirtError for an annotation that can't be. */
export function settingsOf(spec: Spec, handler: Extract<Handler, { kind: "wasm" }>): WasmSettings {
  const { executor, unixSockets, httpPort } = handler;
  const memory = memoryLimit(spec);
  return {
    preopens: preopensOf(spec),
    executor,
    unixSockets,
    httpPort,
    ...(memory === undefined ? {} : { memory: Math.max(0, memory - ENGINE_MEMORY) }),
  };
}
