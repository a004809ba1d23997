/** Commands on one container at a time: who waits, for whom, and what a command's death does to the next. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, clause, conclude, until } from "./harness/index.ts";

/** A hook that tells that it runs, and goes on when it is told to. */
function hook(t: Case, script: string) {
  return { path: "/bin/sh", args: ["sh", "-c", `touch ${t.path("hooked")}; ${script}`] };
}

const untilGo = (t: Case) => `until [ -e ${t.path("go")} ]; do sleep 0.01; done`;
const isHooked = (t: Case) => until("the hook", () => existsSync(t.path("hooked")));

/** strace in front of a command line, with these injections. */
const traced = (argv: readonly string[], ...options: string[]) => [
  "strace",
  "-qq",
  "-o",
  "/dev/null",
  ...options,
  ...argv,
];

const withoutFlock = (argv: readonly string[]) => traced(argv, "-e", "inject=flock:error=ENOLCK");

clause(
  "start: killed while it holds the container, it keeps nobody waiting",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.create();
    // Killed between its lock and its connection.
    const argv = traced(t.argv(["start", container.id]), "-e", "inject=connect:signal=KILL");
    assert.is.not((await t.start(argv).ended).status, 0);
    assert.is(container.state().status, "created");
    container.start();
    await container.waitFor("stopped");
    container.delete();
  },
  { needs: ["ocirt"] },
);

clause(
  "start: while a startContainer hook runs, delete is refused at once and delete --force ends it",
  async (t) => {
    const container = t.container((c) => {
      c.hooks = { startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "touch /hooked; sleep 1000"] }] };
    });
    await container.create();
    const start = t.start(t.argv(["start", container.id]));
    await until("the hook", () => existsSync(join(container.rootfs, "hooked")));
    assert.refuses(container.command("delete", container.id), /not stopped/);
    container.delete("--force");
    assert.refuses(await start.ended);
  },
  { needs: ["ocirt"] },
);

clause("start: from a hook of the creation it is refused, and the creation goes on", async (t) => {
  const container = t.container((c, own) => {
    const start = t.argv(["start", own.id]).join(" ");
    c.process.args = ["true"];
    c.hooks = { createRuntime: [hook(t, `${start} 2>${t.path("said")}; true`)] };
  });
  await container.create();
  assert.match(t.execute(["cat", t.path("said")]).stdout, /still being created/);
  container.delete("--force");
});

clause("delete --force: of a container that is being created waits for its end", async (t) => {
  const container = t.container((c) => (c.hooks = { createRuntime: [hook(t, untilGo(t))] }));
  const create = container.tryCreate();
  await isHooked(t);
  const removal = t.start(t.argv(["delete", "--force", container.id]));
  await until("the end of init", () => container.command("state", container.id).stdout.includes('"stopped"'));
  t.file("go", "");
  assert.succeeds(await removal.ended);
  assert.refuses(await create);
  assert.refuses(container.command("state", container.id), /does not exist/);
});

clause("create: killed while a hook of its runs, its container is deleted at once", async (t) => {
  const container = t.container((c) => (c.hooks = { createRuntime: [hook(t, "sleep 1000")] }));
  const create = t.start(t.argv(["create", "--bundle", container.bundle, container.id]));
  await isHooked(t);
  create.signal("SIGKILL");
  await create.ended;
  container.delete("--force");
  for (const pid of t.processes()) process.kill(pid, "SIGKILL");
});

clause(
  "a state directory without flock(2): the whole life of a container, and one winner of two",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
    const argv = (...words: string[]) => withoutFlock(t.argv([...words, container.id]));
    assert.succeeds(await t.start(argv("create", "--bundle", container.bundle)).ended);
    const starts = [t.start(argv("start")), t.start(argv("start"))];
    const codes = [];
    for (const start of starts) codes.push((await start.ended).status);
    assert.equal(codes.sort(), [0, 1]);
    assert.is(container.state().status, "running");
    assert.succeeds(t.execute(argv("delete", "--force")));
  },
  { needs: ["ocirt"] },
);

clause(
  "a state directory without flock(2): the lock of a command that has died is taken over",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.create();
    const lock = join(t.stateRoot, `.${container.id}.lock`);
    mkdirSync(lock);
    t.execute(["touch", "-d", "2 minutes ago", lock]);
    assert.succeeds(t.execute(withoutFlock(t.argv(["start", container.id]))));
    assert.not.ok(existsSync(lock));
    container.delete("--force");
  },
  { needs: ["ocirt"] },
);

/** A container whose program strace can tell from all others. */
function doomed(t: Case): Container {
  const container = t.container((c) => (c.process.args = ["/bin/doomed"]));
  writeFileSync(join(container.rootfs, "bin/doomed"), "#!/bin/sh\n", { mode: 0o755 });
  return container;
}

/** Kills a process on its way into execve of that program. */
const killedAtExecve = (argv: readonly string[]) =>
  traced(argv, "-f", "-P", "/bin/doomed", "-e", "inject=execve:signal=KILL");

clause(
  "run --detach: the program's process is killed right before execve: an error, and nothing is left",
  async (t) => {
    const container = doomed(t);
    const argv = killedAtExecve(t.argv(["run", "--detach", "--bundle", container.bundle, container.id]));
    assert.refuses(await t.start(argv).ended, /ended before it executed the program/);
  },
  { needs: ["ocirt"] },
);

conclude();
