/** The executors of the engine: what each can run, and how it is loaded. A third is a file and an entry here. */
import { prepareCommand } from "./command.ts";
import type { Executor } from "./executor.ts";
import type { ExecutorName } from "./executor-names.ts";
import type { FileKind } from "./sniff.ts";

export interface ExecutorEntry {
  /** Whether it can run what the file is. */
  match(kind: FileKind): boolean;
  /** What prepares a module; a promise where it can only be loaded asynchronously. */
  load(): Executor | Promise<Executor>;
}

const coreModules = (kind: FileKind) => kind === "module";

export const EXECUTORS: Readonly<Record<ExecutorName, ExecutorEntry>> = {
  ocirt: { match: coreModules, load: () => prepareCommand },
  wasmer: {
    match: coreModules,
    load: async () => (await import("./wasmer.ts")).loadWasmer(),
  },
};
