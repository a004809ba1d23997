/** Components of WASI preview 2 as containers: wasi:cli/command. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, conclude, type Edit } from "./harness/index.ts";
import { guestModule } from "./harness/programs.ts";
import { guestContainer, wasmClause } from "./harness/wasm.ts";

const run = (t: Case, name: string, args: string[] = [], edit?: Edit, input?: string) =>
  guestContainer(t, `components/${name}`, args, edit).run([], input === undefined ? {} : { input });

wasmClause("hello", (t) => {
  assert.is(assert.succeeds(run(t, "hello")).stdout, "hello, world\n");
});

wasmClause("arguments and environment", (t) => {
  const { stdout } = assert.succeeds(run(t, "arguments", ["one", "grüße"]));
  assert.is(stdout, "arg /module.wasm\narg one\narg grüße\nenv NAME=value\n");
});

wasmClause("exit: wasi:cli/exit knows success and failure", (t) => {
  assert.is(run(t, "exit").status, 0);
  assert.is(run(t, "exit", ["255"]).status, 1);
});

wasmClause("files, as root and as a user", (t) => {
  for (const uid of [0, 1000]) {
    const result = run(t, "files", ["/work"], (c, { rootfs }) => {
      c.process.user = { uid, gid: uid };
      mkdirSync(join(rootfs, "work"));
      t.execute(["chown", String(uid), join(rootfs, "work")]);
    });
    assert.succeeds(result, `files as ${uid}`);
  }
});

wasmClause("clocks, calls, memory that grows, a loop that computes", (t) => {
  assert.succeeds(run(t, "clocks"));
  assert.succeeds(run(t, "calls"));
  assert.match(assert.succeeds(run(t, "grow")).stdout, /yes!/);
  assert.succeeds(run(t, "compute", ["1"]));
});

wasmClause("a component in a component: resources, strings and options pass between them", (t) => {
  assert.succeeds(run(t, "composed"));
});

wasmClause("a trap is told with the functions' names, and ends with 134", (t) => {
  const result = run(t, "trap", ["unreachable"]);
  assert.is(result.status, 134);
  assert.match(result.stderr, /trapped: .*\n +at innermost\n +at middle\n/);
});

wasmClause("all of wasi:cli/command and of wasi:http/proxy is offered", (t) => {
  for (const world of ["command", "proxy"]) {
    const file = guestModule(`components/all-of-${world}`);
    const { stdout } = assert.succeeds(t.runtime(["wasm", "inspect", file]));
    assert.match(stdout, /runs here {2}yes/);
    assert.match(stdout, /wasi:io\/streams@0\.2\.\d+\.\[method\]input-stream\.read: offered/);
  }
  // What is there is called, too: the component's own code is reached.
  assert.match(run(t, "all-of-command").stderr, /trapped: Unreachable/);
});

for (const [name, reason] of [
  ["unknown-import", /the component imports `wasi:keyvalue\/store@0\.2\.0`, which this host does not offer/],
  ["unknown-function", /the component imports the function `get-dice` of `wasi:random\/random@0\.2\.3`/],
  ["library", /exports neither `wasi:cli\/run@0\.2` nor `wasi:http\/incoming-handler@0\.2` but `answer`/],
] as const) {
  wasmClause(`what can't be run is named by create: ${name}`, async (t) => {
    const container = guestContainer(t, `components/${name}`, []);
    assert.refuses(await container.tryCreate(), reason);
    const inspected = t.runtime(["wasm", "inspect", guestModule(`components/${name}`)]);
    assert.is(inspected.status, 1);
    assert.match(inspected.stdout, /runs here {2}no: /);
  });
}

wasmClause("what is no component is an error that says where", async (t) => {
  const whole = readFileSync(guestModule("components/hello"));
  const changed = Buffer.concat([whole.subarray(0, 8), Buffer.from([99, 1, 0])]);
  for (const bytes of [whole.subarray(0, 1000), changed]) {
    const container = guestContainer(t, "components/hello", [], (_c, { rootfs }) =>
      writeFileSync(join(rootfs, "module.wasm"), bytes),
    );
    assert.refuses(await container.tryCreate(), /the component is not valid: .* at byte \d+/);
  }
});

wasmClause("the executor `wasmer` names what it can't run", async (t) => {
  const container = guestContainer(t, "components/hello", [], (c) => {
    c.annotations = { ...c.annotations, "run.ocirt.wasm.executor": "wasmer" };
  });
  assert.refuses(await container.tryCreate(), /is a WebAssembly component .* which this executor can't run/);
});

conclude();
