/** Wasm modules as containers: runtime.md's operations. */
import { readdirSync, readFileSync } from "node:fs";
import { assert, conclude, until } from "./harness/index.ts";
import { moduleContainer, wasmClause } from "./harness/wasm.ts";

wasmClause("create: the module does not run before start", async (t) => {
  const container = moduleContainer(t, ["write", "/ran", "x"]);
  await container.create();
  assert.is(container.state().status, "created");
  assert.not.ok(readdirSync(container.rootfs).includes("ran"));
  container.start();
  await container.waitFor("stopped");
  assert.ok(readdirSync(container.rootfs).includes("ran"));
  container.delete();
});

wasmClause("create, delete --force: a module that was never started", async (t) => {
  const container = moduleContainer(t, ["sleep"]);
  await container.create();
  container.delete("--force");
});

for (const what of ["sleep", "spin"]) {
  wasmClause(`kill: SIGTERM ends a module that does not handle it (${what})`, async (t) => {
    const container = moduleContainer(t, [what]);
    const running = container.runInBackground();
    await until("the module", () => running.stdout().includes("ing\n"));
    container.kill("TERM");
    assert.is((await running.ended).status, 143);
  });
}

wasmClause("run: SIGINT to the runtime ends the module", async (t) => {
  const container = moduleContainer(t, ["spin"]);
  const running = container.runInBackground();
  await until("the module", () => running.stdout().includes("spinning"));
  running.signal("SIGINT");
  assert.is((await running.ended).status, 130);
});

wasmClause("hooks: createRuntime, createContainer, poststart and poststop run for a module", async (t) => {
  const kinds = ["createRuntime", "createContainer", "poststart", "poststop"] as const;
  const container = moduleContainer(t, ["exit", "0"], (c) => {
    c.hooks = Object.fromEntries(
      kinds.map((kind) => [
        kind,
        [{ path: "/bin/sh", args: ["sh", "-c", `echo ${kind} >>${t.directory}/log`] }],
      ]),
    );
  });
  await container.whole();
  assert.equal(readFileSync(t.path("log"), "utf8").trim().split("\n"), [...kinds]);
});

wasmClause("20 modules at once leave nothing behind", async (t) => {
  const containers = Array.from({ length: 20 }, () => moduleContainer(t, ["exit", "7"]));
  const runs = containers.map((container) => container.runInBackground());
  for (const one of runs) assert.is((await one.ended).status, 7, one.stderr());
});

conclude();
