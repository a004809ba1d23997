/** The executable's start: the command line, or the Wasm engine that init starts in a container. */

/** Defined for the first half of the executable, which never is the engine. */
declare const OCIRT_FRONT: true | undefined;

const engine = process.env.OCIRT_WASM_ENGINE;
if (typeof OCIRT_FRONT !== "undefined" || engine === undefined) {
  // Not imported: the engine has no use for the command line, and would pay for it at its start.
  const { runCommandLine } = require("./cli/main.ts") as typeof import("./cli/main.ts");
  runCommandLine(process.argv.slice(2));
} else {
  const { runEngine } = require("./wasm/engine.ts") as typeof import("./wasm/engine.ts");
  runEngine(Number(engine));
}
