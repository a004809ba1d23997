import { test } from "uvu";
import * as assert from "uvu/assert";
import { inspectionText, inspectModule, type Offer } from "./inspect.ts";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (word: string) => [word.length, ...Buffer.from(word)];
const section = (id: number, ...content: number[]) => [id, content.length, ...content];
const TYPE = section(1, 1, 0x60, 0, 0);
const FUNCTION = section(3, 1, 0);
const CODE = section(10, 1, 2, 0, 0x0b);
const imports = (...entries: [module: string, name: string, ...kind: number[]][]) =>
  section(
    2,
    entries.length,
    ...entries.flatMap(([module, name, ...kind]) => [...text(module), ...text(name), ...kind]),
  );

const offer: Offer = (module) => (module === "wasi" ? { fd_write: true } : undefined);
const inspect = (...sections: number[][]) =>
  inspectModule(Uint8Array.from([...HEADER, ...sections.flat()]), offer, () => undefined);

test("a command: memory, exports, imports and what comes of each", () => {
  const found = inspect(
    TYPE,
    imports(["wasi", "fd_write", 0, 0], ["wasi", "fd_new", 0, 0], ["env", "f", 0, 0]),
    FUNCTION,
    section(5, 1, 1, 2, 32),
    section(7, 2, ...text("memory"), 2, 0, ...text("_start"), 0, 3),
    CODE,
    section(0, ...text("name")),
  );
  assert.equal(found.problems, []);
  assert.equal(found.memory, { initial: 2, maximum: 32 });
  assert.is(found.compiled, found.size - 7);
  assert.equal(
    found.imports.map(({ name, offered, consequence }) => [name, offered, consequence]),
    [
      ["fd_write", true, undefined],
      ["fd_new", false, "it answers ENOSYS"],
      ["f", false, "an error when it is called"],
    ],
  );
  assert.is(
    inspectionText("a.wasm", found),
    `module     a.wasm: a core module, ${found.size} bytes
compiled   ${found.compiled} bytes; custom sections stay on disk
memory     0.1 MiB at first, may grow to 2.0 MiB
exports    memory memory
exports    function _start
imports    wasi.fd_write: offered
imports    wasi.fd_new: missing; it answers ENOSYS
imports    env.f: missing; an error when it is called
runs here  yes
`,
  );
});

test("what can't be run, and why", () => {
  assert.equal(inspect(TYPE, imports(["env", "memory", 2, 0, 1])).problems, [
    "it imports the memory `env.memory`",
    "it exports no `memory`",
    "it has no `_start`",
  ]);
  assert.match(inspect([99, 1, 0]).problems[0] ?? "", /^it is not valid: /);
  const component = inspectModule(
    Uint8Array.from([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]),
    offer,
    () => undefined,
  );
  assert.match(component.problems[0] ?? "", /^the component exports neither/);
  assert.match(inspectionText("x", component), /runs here {2}no: the component exports neither/);
});

test.run();
