/** The command line as a program: one command, then the process's end. */
import { processes } from "../native/process.ts";
import { dispatch } from "./dispatch.ts";

/** _exit(2): a command leaves nothing to be flushed, and the engine's own way out takes longer. */
function end(code: number): never {
  return processes().exit(code);
}

export function runCommandLine(words: readonly string[]): void {
  const code = dispatch(words);
  if (typeof code === "number") end(code);
  else code.then(end);
}
