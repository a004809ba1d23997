/** `create` (runtime.md, Lifecycle 1 to 5): all is set up, the process waits for `start`. */
import { launch } from "./launch.ts";
import { unlock } from "./lock.ts";
import type { CreateOptions, GlobalOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { checkTerminal } from "./terminal.ts";

export function createContainer(global: GlobalOptions, options: CreateOptions): void {
  const prepared = prepare(global, options, true);
  checkTerminal(prepared.spec.process?.terminal ?? false, options.consoleSocket);
  unlock(launch(global, options, prepared, true).lock);
}
