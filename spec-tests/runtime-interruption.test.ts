/** `run` that is told to end while its container is being made, and what callers do to signals and terminals. */
import { existsSync } from "node:fs";
import { assert, type Case, clause, conclude, outside, until } from "./harness/index.ts";

const hanging = (t: Case) => ({
  path: "/bin/sh",
  args: ["sh", "-c", `touch ${t.path("hooked")}; exec sleep 1000`],
});
const isHooked = (t: Case) => until("the hook", () => existsSync(t.path("hooked")));

for (const [signal, number] of [
  ["SIGTERM", 15],
  ["SIGINT", 2],
  ["SIGHUP", 1],
] as const) {
  clause(
    `run: ${signal} while a hook hangs ends hook and container, and the exit code is the signal's`,
    async (t) => {
      const container = t.container((c) => (c.hooks = { createRuntime: [hanging(t)] }));
      const run = container.runInBackground();
      await isHooked(t);
      run.signal(signal);
      const result = await run.ended;
      assert.is(result.status, 128 + number);
      assert.match(result.stderr, new RegExp(`createRuntime hook #0.*interrupted by signal ${number}`));
    },
    { needs: ["ocirt"] },
  );
}

clause(
  "run: SIGTERM while a hook in the container hangs ends it",
  async (t) => {
    const container = t.container((c) => {
      c.hooks = {
        startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "touch /srv/hooked; sleep 1000"] }],
      };
      c.mounts.push({ destination: "/srv", type: "bind", source: t.directory, options: ["bind"] });
    });
    const run = container.runInBackground();
    await isHooked(t);
    run.signal("SIGTERM");
    const result = await run.ended;
    assert.is(result.status, 143);
    assert.match(result.stderr, /interrupted by signal 15/);
  },
  { needs: ["ocirt"] },
);

clause(
  "run: SIGTERM while a poststart hook hangs ends the container, and its poststop hooks run",
  async (t) => {
    const container = t.container((c) => {
      c.process.args = ["sleep", "1000"];
      c.hooks = {
        poststart: [hanging(t)],
        poststop: [{ path: "/bin/sh", args: ["sh", "-c", `touch ${t.path("stopped")}`] }],
      };
    });
    const run = container.runInBackground();
    await isHooked(t);
    run.signal("SIGTERM");
    assert.is((await run.ended).status, 143);
    assert.ok(existsSync(t.path("stopped")));
  },
  { needs: ["ocirt"] },
);

clause(
  "run: a signal that the caller ignores interrupts nothing",
  async (t) => {
    const wait = `touch ${t.path("hooked")}; until [ -e ${t.path("go")} ]; do sleep 0.01; done`;
    const container = t.container((c) => {
      c.process.args = ["true"];
      c.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", wait] }] };
    });
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const run = t.start(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", ...argv]);
    await isHooked(t);
    run.signal("SIGHUP");
    t.file("go", "");
    assert.succeeds(await run.ended);
  },
  { needs: ["ocirt"] },
);

clause("a caller that ignores SIGCHLD: hooks' and the container's exit codes are told all the same", (t) => {
  const container = t.container((c) => {
    c.process.args = ["sh", "-c", "exit 7"];
    c.hooks = { createRuntime: [{ path: "/bin/true" }] };
  });
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute(["env", "--ignore-signal=CHLD", ...argv]);
  assert.is(result.status, 7, result.stderr);
});

clause(
  "run on a terminal: a full pipe as stdout is waited for without spinning, and a signal ends the wait",
  async (t) => {
    const container = t.container((c) => {
      c.process.terminal = true;
      c.process.args = ["sh", "-c", `head -c 3000 /dev/zero | tr '\\0' x; touch /srv/written`];
      c.mounts.push({ destination: "/srv", type: "bind", source: t.directory, options: ["bind"] });
    });
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const run = t.start([outside, "full", ...argv]);
    await until("the container's end", () => existsSync(t.path("written")) && t.processes().length <= 2);
    const runtime = t.processes().find((pid) => pid !== run.pid) ?? 0;
    let used = "";
    await until("a wait that uses no processor time", () => {
      const before = used;
      used = t.execute(["cut", "-d", " ", "-f14,15", `/proc/${runtime}/stat`]).stdout;
      t.execute(["sleep", "0.2"]);
      return used === before;
    });
    process.kill(runtime, "SIGTERM");
    assert.succeeds(await run.ended);
  },
  { needs: ["ocirt"] },
);

conclude();
