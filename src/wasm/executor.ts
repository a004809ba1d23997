/** What an executor is: the seam between the engine's protocol and the host that a module runs on. */
import type { WasiNative } from "../native/wasi.ts";
import type { Loaded } from "./module.ts";
import type { Request } from "./request.ts";

export interface Preparation {
  readonly native: WasiNative;
  readonly loaded: Loaded;
  readonly request: Request;
}

/** A module about to run. The steps come in this order, each once. */
export interface Prepared {
  /** The root of the process is now the container's. Throws an EngineError. */
  enter(): void;
  /** Calls `begin` right before the module's first instruction; the exit status. Throws what the module throws. */
  run(begin: () => void): number;
}

/** Runs while the host's file system is still there: what an executor loads from it is loaded now. */
export type Executor = (preparation: Preparation) => Prepared;
