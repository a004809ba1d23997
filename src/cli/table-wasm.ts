/** The command on WebAssembly modules. Data only. */
import type { Command } from "./option-types.ts";

export const WASM = {
  name: "wasm",
  summary: "look at a WebAssembly module",
  description:
    "Prints what a module imports, exports and needs, and whether this runtime offers it; exits with 1 where the module can't be run.",
  hot: false,
  options: [
    {
      name: "format",
      short: "f",
      kind: "choice",
      value: "FORMAT",
      choices: ["table", "json"],
      default: "table",
      help: "how to print it",
    },
  ],
  positionals: [
    { name: "ACTION", help: "inspect", complete: ["inspect"] },
    { name: "MODULE", help: "the module's file", complete: [] },
  ],
} as const satisfies Command;
