/** `create` (runtime.md, Lifecycle 1 to 5): all is set up, the process waits for `start`. */
import { OcirtError } from "../errors.ts";
import { launch } from "./launch.ts";
import type { CreateOptions, GlobalOptions } from "./options.ts";
import { prepare } from "./prepare.ts";

export function createContainer(global: GlobalOptions, options: CreateOptions): void {
  const prepared = prepare(global, options, true);
  checkTerminal(prepared.spec.process?.terminal ?? false, options.consoleSocket);
  launch(global, options, prepared, true);
}

/** A terminal needs someone to have it, and a console socket a terminal to be sent. */
export function checkTerminal(terminal: boolean, consoleSocket: string | undefined): void {
  if (terminal && consoleSocket === undefined) {
    throw new OcirtError({
      action: "create the container",
      pointer: "/process/terminal",
      reason: "nobody would have the container's terminal",
      hint: "use --console-socket, or set process.terminal to false",
    });
  }
  if (!terminal && consoleSocket !== undefined) {
    throw new OcirtError({
      action: "create the container",
      path: consoleSocket,
      pointer: "/process/terminal",
      reason: "a console socket was given for a container without a terminal",
      hint: "leave --console-socket out, or set process.terminal to true",
    });
  }
}
