/** The module in Rust: what the standard library asks of preview 1, in the way in which it asks. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, clause, conclude } from "./harness/index.ts";
import { guestContainer } from "./harness/wasm.ts";

const TERMS = { needs: ["rust"] } as const;

const run = (t: Case, args: string[], input = "") =>
  guestContainer(t, "standard-library", args, (_, { rootfs }) => mkdirSync(join(rootfs, "work"))).run([], {
    input,
  });

for (const args of [["files", "/work"], ["clocks"], ["tcp"]]) {
  clause(`Rust: ${args[0]}`, (t) => void assert.succeeds(run(t, args)), TERMS);
}

clause(
  "Rust: input, environment and a hash map's seed",
  (t) => {
    const { stdout } = assert.succeeds(run(t, ["input"], "one\ntwo\none\n"));
    assert.is(stdout, '[("one", 2), ("two", 1)] value\n');
  },
  TERMS,
);

clause(
  "Rust: exit code and panic",
  (t) => {
    assert.is(run(t, ["7"]).status, 7);
    const { status, stderr } = run(t, ["panic"]);
    assert.is(status, 134);
    assert.match(stderr, /panicked at .*as it was asked to/);
    assert.match(stderr, /trapped: Unreachable code/);
    assert.match(stderr, /^ {4}at standard_library::main \(wasm-function\[\d+\]\)$/m);
  },
  TERMS,
);

conclude();
