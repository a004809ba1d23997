/** What of a component is to be run. */
import { EngineError } from "../failure.ts";
import type { ComponentDefinition } from "./definitions.ts";

/** What a component may be run as: the interface that it exports, and the function in it. */
const ENTRIES = [
  { kind: "command", interface: /^wasi:cli\/run@0\.2\.\d+$/, function: "run" },
  { kind: "http", interface: /^wasi:http\/incoming-handler@0\.2\.\d+$/, function: "handle" },
] as const;

export interface Entry {
  readonly kind: (typeof ENTRIES)[number]["kind"];
  readonly interface: string;
  readonly function: string;
}

/** Throws an EngineError where there is nothing. */
export function entryOf({ definitions }: ComponentDefinition): Entry {
  const exports = definitions.flatMap((entry) => (entry.kind === "export" ? [entry.name] : []));
  for (const entry of ENTRIES) {
    const name = exports.find((candidate) => entry.interface.test(candidate));
    if (name !== undefined) return { ...entry, interface: name };
  }
  const has = exports.length === 0 ? "nothing" : exports.map((name) => `\`${name}\``).join(", ");
  throw new EngineError(
    `the component exports neither \`wasi:cli/run@0.2\` nor \`wasi:http/incoming-handler@0.2\` but ${has}`,
  );
}
