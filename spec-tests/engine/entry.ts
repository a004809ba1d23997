/** The engine alone, from its sources: what the executable does when init starts it in a container. */
import { runEngine } from "../../src/wasm/engine.ts";

runEngine(Number(process.env.OCIRT_WASM_ENGINE));
