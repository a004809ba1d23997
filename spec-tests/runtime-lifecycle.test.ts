/** runtime-spec runtime.md, "State" and "Lifecycle": create, start, end, delete. */
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, bind, clause, conclude, until } from "./harness/index.ts";

clause("create: the program does not run before start", async (t) => {
  const container = t.container((c) => {
    c.mounts.push(bind(t.directory, "/srv"));
    c.process.args = ["touch", "/srv/ran"];
  });
  await container.create();
  assert.is(container.state().status, "created");
  assert.not.ok(existsSync(t.path("ran")));
  container.start();
  await container.waitFor("stopped");
  assert.ok(existsSync(t.path("ran")));
  container.delete();
});

clause(
  "process: may be absent at create; at start there is nothing to run, and the container has stopped",
  async (t) => {
    const container = t.container((c) => Object.assign(c, { process: undefined }));
    await container.create();
    assert.is(container.state().status, "created");
    const started = container.command("start", container.id);
    assert.match(started.stderr, /no process to start/);
    await container.waitFor("stopped");
    container.delete();
    assert.refuses(container.run(), /\/process/, /no process to run/);
  },
  {
    differs: {
      runc: "refuses it at create",
      crun: "fails at create, with a default profile of capabilities",
    },
  },
);

clause("state: all properties, of the right types", async (t) => {
  const container = t.container((c) => {
    c.process.args = ["sleep", "1000"];
    c.annotations = { "com.example.key": "value" };
  });
  await container.create();
  const state = container.state();
  assert.match(state.ociVersion, /^1\.\d+\.\d+/);
  assert.is(state.id, container.id);
  assert.is(state.status, "created");
  assert.is(state.bundle, container.bundle);
  assert.equal(state.annotations, { "com.example.key": "value" });
  assert.type(state.pid, "number");
  assert.is(readlinkSync(`/proc/${state.pid}/root`).startsWith("/"), true);
  container.delete("--force");
});

clause("state: status: created, running, stopped", async (t) => {
  const container = t.container((c) => (c.process.args = ["probe", "catch", "1"]));
  await container.create();
  assert.is(container.state().status, "created");
  container.start();
  assert.is(container.state().status, "running");
  await container.says(/ready/);
  container.kill("TERM");
  await container.waitFor("stopped");
  container.delete();
});

clause(
  "state: pid: the container's init as the host knows it, the same when created and running",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["/bin/probe", "catch", "1"]));
    await container.create();
    const pid = container.pid();
    container.start();
    assert.is(container.pid(), pid);
    await container.says(/ready/);
    assert.equal(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"), ["/bin/probe", "catch", "1", ""]);
    await container.remove();
  },
);

clause("state: after the end there is no pid of a process", async (t) => {
  const container = t.container((c) => (c.process.args = ["true"]));
  await container.create();
  container.start();
  await container.waitFor("stopped");
  assert.ok((container.state().pid ?? 0) === 0);
  container.delete();
});

clause("state: an id that is not there is an error that names it", (t) => {
  const result = t.runtime(["state", "nobody-has-this-id"]);
  assert.refuses(result, /nobody-has-this-id|does not exist/);
  assert.is(result.stdout, "");
});

clause("state: what has been read stays true after config.json is gone", async (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "still runs"]));
  await container.create();
  rmSync(join(container.bundle, "config.json"));
  assert.is(container.state().status, "created");
  container.start();
  await container.waitFor("stopped");
  assert.is(container.output(), "still runs\n");
  container.delete();
});

clause("create: changes of config.json after create have no effect", async (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "as created"]));
  await container.create();
  container.configure("{}");
  container.start();
  await container.waitFor("stopped");
  assert.is(container.output(), "as created\n");
  container.delete();
});

clause(
  "start: a second one is an error, and the container runs on",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
    await container.create();
    container.start();
    assert.refuses(container.command("start", container.id), /running|not created|created/i);
    assert.is(container.state().status, "running");
    await container.remove();
  },
  { differs: { crun: "tells only of its exec fifo" } },
);

clause(
  "start: a container that has ended is an error",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.create();
    container.start();
    await container.waitFor("stopped");
    assert.refuses(container.command("start", container.id), /stopped|not created|created/i);
    container.delete();
  },
  { differs: { crun: "tells only of its exec fifo" } },
);

clause("start: an id that is not there is an error that names it", (t) => {
  assert.refuses(t.runtime(["start", "nobody-has-this-id"]), /nobody-has-this-id|does not exist/);
});

clause(
  "create: an id that is used is an error, and the other container runs on",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
    await container.runDetached();
    const pid = container.pid();
    const result = t.runtime(["create", "--bundle", container.bundle, container.id]);
    assert.refuses(result, new RegExp(container.id), /exist|used/i);
    const run = t.runtime(["run", "--bundle", container.bundle, container.id]);
    assert.refuses(run, new RegExp(container.id), /exist|used/i);
    assert.is(container.state().status, "running");
    assert.is(container.pid(), pid);
    await container.remove();
  },
  { differs: { runc: "does not name the id" } },
);

clause("create: an id may be used again after delete", async (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "once"]));
  for (let round = 0; round < 3; round++) assert.is(await container.whole(), "once\n");
});

clause("create: two containers of one bundle", async (t) => {
  const one = t.container((c) => (c.process.args = ["sleep", "1000"]));
  await one.create();
  const other = `${one.id}-other`;
  const result = await t.start(t.argv(["create", "--bundle", one.bundle, other])).ended;
  assert.succeeds(result);
  assert.succeeds(t.runtime(["delete", "--force", other]));
  assert.is(one.state().status, "created");
  one.delete("--force");
});

clause("a process that ended by itself, and whose pid another may have, is stopped", async (t) => {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  await container.runDetached();
  process.kill(container.pid(), "SIGKILL");
  await container.waitFor("stopped");
  assert.refuses(container.command("kill", container.id, "TERM"), /not running|stopped|no such process/i);
  container.delete();
});

clause("the end of the container's init ends its other processes", async (t) => {
  const container = t.container((c) => {
    c.process.args = ["sh", "-c", "sleep 1000 & sleep 1000 & echo started; exit 0"];
  });
  await container.create();
  container.start();
  await container.waitFor("stopped");
  container.delete();
});

clause("run: output is whole, whatever its size", (t) => {
  const container = t.container((c) => (c.process.args = ["sh", "-c", "seq 200000"]));
  const { stdout } = assert.succeeds(container.run());
  assert.is(
    stdout.length,
    Array.from({ length: 200_000 }, (_, i) => String(i + 1).length + 1).reduce((a, b) => a + b),
  );
});

clause("run --detach: returns while the container runs", async (t) => {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  await container.runDetached();
  assert.is(container.state().status, "running");
  await container.remove();
});

clause(
  "run --keep: the container is there after its end, with its status",
  (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    assert.succeeds(container.run(["--keep"]));
    assert.is(container.state().status, "stopped");
    container.delete();
  },
  { differs: { crun: "of a later version" } },
);

clause(
  "state: a process whose first thread has ended runs on, and its container is killed as any",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["probe", "threads"]));
    await container.runDetached();
    await container.says(/first thread ends/);
    // And an exec that fails there fails for its own reason.
    assert.refuses(container.command("exec", container.id, "/bin/missing"), /no such file/);
    await until("the end of the thread", () =>
      / Z /.test(readFileSync(`/proc/${container.pid()}/stat`, "utf8")),
    );
    assert.is(container.state().status, "running");
    assert.is.not(container.command("delete", container.id).status, 0);
    await container.remove();
  },
  { needs: ["ocirt"] },
);

clause("create: a state directory that does not exist is made", (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "ran"]));
  const root = t.path("not/there/yet");
  const argv = [
    ...t.argv([]).slice(0, -2),
    "--root",
    root,
    "run",
    "--bundle",
    container.bundle,
    container.id,
  ];
  assert.is(assert.succeeds(t.execute(argv)).stdout, "ran\n");
  writeFileSync(t.path("not/done"), "");
});

conclude();
