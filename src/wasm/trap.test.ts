import { test } from "uvu";
import * as assert from "uvu/assert";
import { isTrap, trapText, wasmFrames } from "./trap.ts";

/** (module (func unreachable) (func (export "run") (call 0))), without names. */
const MODULE = Buffer.from(
  "0061736d0100000001040160000003030200000707010372756e00010a0a02030000 0b040010000b".replace(" ", ""),
  "hex",
);

function caught(): unknown {
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports as { run: () => void };
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("a trap's frames are the module's, innermost first", () => {
  const error = caught();
  assert.ok(isTrap(error));
  const before = (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  assert.equal(wasmFrames(error), [
    { index: 0, name: undefined },
    { index: 1, name: undefined },
  ]);
  assert.is((Error as { prepareStackTrace?: unknown }).prepareStackTrace, before);
});

test("the text names functions where names are known, and tells a recursion once", () => {
  const error = new WebAssembly.RuntimeError("Out of bounds memory access (evaluating 'a.b(1)')");
  const frame = (index: number) => ({ index, name: undefined });
  const frames = [frame(7), frame(5), frame(5), frame(5), frame(1), { index: undefined, name: "named" }];
  assert.is(
    trapText("/app.wasm", error, frames, new Map([[5, "recurse"]])),
    "ocirt: the module `/app.wasm` trapped: Out of bounds memory access\n" +
      "    at wasm-function[7]\n" +
      "    at recurse (wasm-function[5])\n" +
      "    (2 times more)\n" +
      "    at wasm-function[1]\n" +
      "    at named\n",
  );
});

test("what isn't the module's is no trap", () => {
  assert.not(isTrap(new TypeError("x")));
  assert.not(isTrap("text"));
  assert.ok(isTrap(new RangeError("Maximum call stack size exceeded.")));
});

test.run();
