/** What isn't the container's is left alone: later containers, other runtimes' state, strange processes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, clause, conclude, outside, until } from "./harness/index.ts";

const sleeper = (t: Case) => t.container((c) => (c.process.args = ["sleep", "1000"]));

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

clause("run: ends without touching a later container with the same id", async (t) => {
  const container = sleeper(t);
  const run = container.runInBackground();
  await until("the container", () => container.command("state", container.id).stdout.includes('"running"'));
  // Refused only after `run` has given up the lock.
  assert.refuses(container.command("delete", container.id));
  run.signal("SIGSTOP");
  container.delete("--force");
  await container.create();
  run.signal("SIGCONT");
  assert.is((await run.ended).status, 137);
  assert.is(container.state().status, "created");
  container.delete("--force");
});

/** Changes what the state directory says of a container, until the returned function is called. */
function pretend(t: Case, container: Container, change: object): () => void {
  const path = join(t.stateRoot, container.id, "ocirt.json");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(text), ...change }));
  return () => {
    mkdirSync(join(t.stateRoot, container.id), { recursive: true });
    writeFileSync(path, text);
  };
}

clause(
  "a creation that was cut short before its first process: who is in its cgroups is somebody else",
  async (t) => {
    const container = sleeper(t);
    await container.create();
    const pid = container.pid();
    const restore = pretend(t, container, { pid: 0, startTime: "", phase: "creating" });
    assert.is(container.state().status, "creating");
    assert.succeeds(container.command("kill", "--all", container.id, "KILL"));
    assert.refuses(container.command("kill", container.id, "KILL"), /not running/);
    container.delete("--force");
    assert.ok(isAlive(pid));
    restore();
    container.delete("--force");
  },
  { needs: ["ocirt"] },
);

clause(
  "a pid that is another process's now: it gets no signal, and the container has stopped",
  async (t) => {
    const other = t.start(["sleep", "1000"]);
    // Longer than a clock tick: they start at different times.
    t.execute(["sleep", "0.05"]);
    const container = sleeper(t);
    await container.runDetached();
    const restore = pretend(t, container, { pid: other.pid });
    assert.is(container.state().status, "stopped");
    assert.refuses(container.command("kill", container.id, "KILL"), /not running/);
    assert.ok(isAlive(other.pid));
    restore();
    container.delete("--force");
    assert.ok(isAlive(other.pid));
  },
  { needs: ["ocirt"] },
);

clause(
  "another runtime's container in the same state directory is told of and left alone",
  async (t) => {
    const container = sleeper(t);
    const foreign = join(t.stateRoot, container.id);
    mkdirSync(foreign);
    writeFileSync(join(foreign, "state.json"), "{}");
    for (const command of ["state", "start", "delete"]) {
      assert.refuses(container.command(command, container.id), /written by another runtime/);
    }
    assert.refuses(container.command("delete", "--force", container.id), /written by another runtime/);
    assert.refuses(container.command("kill", container.id, "KILL"), /written by another runtime/);
    assert.refuses(await container.tryCreate(), /already exists/);
    const list = assert.succeeds(t.runtime(["list", "-q"]));
    assert.is(list.stdout, "");
    assert.is(readFileSync(join(foreign, "state.json"), "utf8"), "{}");
    t.execute(["rm", "-r", foreign]);
  },
  { needs: ["ocirt"] },
);

clause(
  "masked and read-only paths of /proc are those of the procfs that was mounted, wherever it is moved",
  (t) => {
    const script = "cat /moved/keys; echo x >/moved/sys/kernel/hostname; echo end";
    const result = t.shellIn(script, (c, { rootfs }) => {
      const move = `mkdir -p ${rootfs}/moved && mount --move ${rootfs}/proc ${rootfs}/moved && mkdir -p ${rootfs}/proc`;
      c.hooks = {
        createContainer: [{ path: "/bin/sh", args: ["sh", "-c", move], env: ["PATH=/usr/bin:/bin"] }],
      };
    });
    assert.is(result.stdout, "end\n");
    assert.match(result.stderr, /[Rr]ead-only/);
  },
  { needs: ["ocirt"] },
);

clause(
  "run on a terminal in the background: it stops, as a job does, and goes on in the foreground",
  (t) => {
    const container = t.container((c) => {
      c.process.terminal = true;
      c.process.args = ["sh", "-c", "echo inside; exit 9"];
    });
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const stopped = "until grep -q ') T' /proc/$!/stat; do sleep 0.01; done; echo stopped";
    const script = `set -m; before=$(stty -g); "$@" & ${stopped}; fg; echo "code $?"; [ "$before" = "$(stty -g)" ] && echo same`;
    const result = t.execute([outside, "pty", "24", "80", "bash", "-c", script, "bash", ...argv]);
    const { stdout } = assert.succeeds(result);
    assert.match(stdout.replaceAll("\r", ""), /^stopped$.*^inside$.*^code 9$.*^same$/ms, stdout);
  },
  { needs: ["ocirt"] },
);

conclude();
