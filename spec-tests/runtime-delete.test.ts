/** runtime-spec runtime.md, "Delete". */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { assert, clause, conclude, until } from "./harness/index.ts";

clause(
  "delete: a running container is an error, and it runs on",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
    await container.runDetached();
    assert.refuses(container.command("delete", container.id), /running|not stopped/i);
    assert.is(container.state().status, "running");
    await container.remove();
  },
  { differs: { crun: "other words" } },
);

clause("delete --force: a running container is killed and deleted", async (t) => {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  await container.runDetached();
  const pid = container.pid();
  container.delete("--force");
  assert.refuses(container.command("state", container.id));
  await until(
    "the end of the process",
    () => !existsSync(`/proc/${pid}/exe`) || readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z"),
  );
});

clause("delete --force: a container that was never started", async (t) => {
  const container = t.container();
  await container.create();
  container.delete("--force");
});

clause("delete: an id that is not there is an error; with --force it is none", (t) => {
  assert.refuses(t.runtime(["delete", "nobody-has-this-id"]), /nobody-has-this-id|does not exist/);
  assert.succeeds(t.runtime(["delete", "--force", "nobody-has-this-id"]));
});

clause("delete: a second one is an error", async (t) => {
  const container = t.container((c) => (c.process.args = ["true"]));
  await container.whole();
  assert.refuses(container.command("delete", container.id), new RegExp(`${container.id}|does not exist`));
});

clause("delete: only what create made: bundle and rootfs stay", async (t) => {
  const container = t.container((c) => (c.process.args = ["touch", "/made"]));
  await container.whole();
  assert.ok(existsSync(join(container.rootfs, "made")));
  assert.ok(existsSync(join(container.bundle, "config.json")));
});

clause("delete: works when bundle and rootfs are gone", async (t) => {
  const container = t.container((c) => (c.process.args = ["true"]));
  await container.create();
  container.start();
  await container.waitFor("stopped");
  rmSync(container.bundle, { recursive: true });
  container.delete();
});

clause(
  "delete: works after the runtime's process was killed in the middle of create",
  async (t) => {
    // The hook holds create up; then nobody is left who could finish or undo it.
    const container = t.container((c) => {
      c.process.args = ["true"];
      c.hooks = {
        createRuntime: [
          { path: "/bin/sh", args: ["sh", "-c", `touch ${t.directory}/held; exec sleep 1000`] },
        ],
      };
    });
    const creating = t.start(t.argv(["create", "--bundle", container.bundle, container.id]));
    await until("the hook", () => existsSync(t.path("held")));
    creating.signal("SIGKILL");
    await creating.ended;
    container.delete("--force");
    for (const pid of t.processes()) {
      // The held hook is the test's own.
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep\0")) process.kill(pid, "SIGKILL");
    }
  },
  { differs: { runc: "leaves the cgroups", crun: "leaves the cgroups" } },
);

conclude();
