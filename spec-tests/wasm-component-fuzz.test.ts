/** Components cut off and changed at random: each is an error that says what is wrong, or still a component. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compileAll } from "../src/wasm/component/compile.ts";
import { hostImports } from "../src/wasm/component/imports.ts";
import { prepare } from "../src/wasm/component/instantiate.ts";
import { parseComponent } from "../src/wasm/component/parse.ts";
import { EngineError } from "../src/wasm/failure.ts";
import { guestModule } from "./harness/programs.ts";

const ROUNDS = Number(process.env.OCIRT_FUZZ_ROUNDS ?? 400);

/** Park and Miller's numbers: the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const anything = () => ({
  call: () => () => undefined,
  resource: (name: string) => ({ kind: "resource", name, owner: undefined }) as const,
});

/** Everything up to the component's own code; the message of the error, if there is one. */
function tried(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    const definition = parseComponent(bytes);
    const compiled = compileAll(definition, "/module.wasm", undefined);
    prepare({ definition, outer: undefined }, hostImports(anything), compiled);
    return undefined;
  } catch (error) {
    if (error instanceof EngineError || error instanceof RangeError) return error.message;
    throw error;
  }
}

for (const name of ["composed", "http", "hello"]) {
  const whole = new Uint8Array(readFileSync(guestModule(`components/${name}`)));

  test(`${name}: whole, and cut off at any place`, () => {
    assert.is(tried(whole), undefined);
    const next = numbers(whole.length);
    for (let round = 0; round < ROUNDS / 4; round++) {
      const length = next(whole.length);
      const message = tried(whole.slice(0, length));
      // What ends between two sections lacks no byte.
      if (message !== undefined) assert.match(message, /not valid|only 0xd is supported/, `${length} bytes`);
    }
  });

  test(`${name}: changed at random`, () => {
    const next = numbers(whole.length + 1);
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const changed = whole.slice();
      for (let change = 0; change <= next(4); change++) changed[next(changed.length)] = next(256);
      if (tried(changed) !== undefined) refused++;
    }
    assert.ok(refused > 0);
  });
}

test.run();
