/** The executors of the engine: what each can run, and how it is loaded. A third is a file and an entry here. */
import { prepareCommand } from "./command.ts";
import type { Executor } from "./executor.ts";
import type { ExecutorName } from "./executor-names.ts";
import type { FileKind } from "./sniff.ts";

export interface ExecutorEntry {
  /** Whether it can run what the file is. */
  match(kind: FileKind): boolean;
  /** What prepares a module; a promise where it can only be loaded asynchronously. */
  load(kind: FileKind): Executor | Promise<Executor>;
}

const coreModules = (kind: FileKind) => kind === "module";
const modulesAndComponents = (kind: FileKind) => kind === "module" || kind === "component";

export const EXECUTORS: Readonly<Record<ExecutorName, ExecutorEntry>> = {
  ocirt: {
    match: modulesAndComponents,
    load(kind) {
      if (kind !== "component") return prepareCommand;
      // Not imported: it is a quarter of the engine's code, and modules start without it.
      return (require("./component/executor.ts") as typeof import("./component/executor.ts"))
        .prepareComponent;
    },
  },
  wasmer: {
    match: coreModules,
    load: async () => (await import("./wasmer.ts")).loadWasmer(),
  },
};
