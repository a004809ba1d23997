/** `exec` in a Wasm container: the steps with which the engine runs another module there. Pure. */
import type { Process } from "../spec/types.ts";
import { checkLimits } from "../wasm/limits.ts";
import type { WasmSettings } from "../wasm/request.ts";
import { engineStep, openModuleStep } from "./engine.ts";
import { EXEC_INHERITED, type ProgramSteps } from "./exec.ts";
import { environment } from "./process.ts";

/** What the engine is made of on this host. */
export interface EngineFiles {
  /** The executable. */
  readonly executable: string;
  /** The path of its second half's loader, and the names of the libraries that this looks for. */
  readonly loader: string;
  readonly libraries: readonly string[];
}

export interface EngineExecContext {
  /** The container's init. */
  readonly pid: number;
  readonly openFiles?: number | undefined;
}

/**
 * The first process of a Wasm container loads its engine before the pivot. Here the container has been entered by then,
 * and its rootfs may hold nothing but modules: the engine starts in a tree of its own. Throws an OcirtError for limits
 * of the process that it can't live with.
 */
export function engineProgram(
  process: Process,
  settings: WasmSettings,
  files: EngineFiles,
  { pid, openFiles }: EngineExecContext,
): ProgramSteps {
  checkLimits({ process });
  const { addon, start } = EXEC_INHERITED;
  const { executable, loader, libraries } = files;
  const own = { ...process, env: environment(process.env) };
  const directory = loader.slice(0, loader.lastIndexOf("/"));
  return {
    outside: [{ kind: "openEngine", path: executable, pid, loader, libraries }],
    entered: [{ kind: "engineView", socket: start }],
    found: [openModuleStep(own, settings, { openFiles, exec: true, socket: start })],
    known: [{ kind: "enterView" }],
    last: engineStep(own, addon, [`LD_LIBRARY_PATH=${directory}`]),
  };
}
