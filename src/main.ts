/** The executable's start: the command line, or the Wasm engine that init starts in a container. */
import { processes } from "./native/process.ts";

/** _exit(2): a command leaves nothing to be flushed, and the engine's own way out takes longer. */
function end(code: number): never {
  return processes().exit(code);
}

/** Defined for the first half of the executable, which never is the engine. */
declare const OCIRT_FRONT: true | undefined;

const engine = process.env.OCIRT_WASM_ENGINE;
if (typeof OCIRT_FRONT !== "undefined" || engine === undefined) {
  // Not imported: the engine has no use for the command line, and would pay for it at its start.
  const { dispatch } = require("./cli/dispatch.ts") as typeof import("./cli/dispatch.ts");
  const code = dispatch(process.argv.slice(2));
  if (typeof code === "number") end(code);
  else code.then(end);
} else {
  const { runEngine } = require("./wasm/engine.ts") as typeof import("./wasm/engine.ts");
  runEngine(Number(engine));
}
