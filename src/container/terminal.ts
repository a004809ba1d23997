/** The terminal of --console-socket. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";

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

/** Sends the terminal's master away; it is closed here in any case. */
export function sendTerminal(consoleSocket: string, master: number): void {
  let socket = -1;
  try {
    socket = processes().connectStream(consoleSocket);
    processes().sendDescriptor(socket, master, "/dev/ptmx");
  } catch (error) {
    throw new OcirtError({
      action: "send the terminal to the console socket",
      path: consoleSocket,
      errno: isNativeError(error) ? error.code : undefined,
      hint: "its owner must listen on it before the container is created",
    });
  } finally {
    files().close(master);
    if (socket >= 0) files().close(socket);
  }
}
