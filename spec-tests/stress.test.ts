/** Many containers, one after the other and at once, leave nothing behind. */
import { assert, clause, conclude, until } from "./harness/index.ts";

clause("200 containers run and deleted in a loop leave nothing behind", async (t) => {
  const container = t.container((c) => (c.process.args = ["true"]));
  for (let round = 0; round < 100; round++) {
    assert.succeeds(t.runtime(["run", "--bundle", container.bundle, `${t.tag}-run${round}`]));
  }
  for (let round = 0; round < 100; round++) {
    const id = `${t.tag}-step${round}`;
    assert.succeeds(await t.start(t.argv(["create", "--bundle", container.bundle, id])).ended, "create");
    assert.succeeds(t.runtime(["start", id]), "start");
    assert.succeeds(t.runtime(["delete", "--force", id]), "delete");
  }
});

clause("20 containers at once leave nothing behind", async (t) => {
  const container = t.container((c) => (c.process.args = ["sh", "-c", "sleep 0.2; exit 3"]));
  const ids = Array.from({ length: 20 }, (_, i) => `${t.tag}-${i}`);
  const runs = ids.map((id) => t.start(t.argv(["run", "--bundle", container.bundle, id])));
  for (const run of runs) assert.is((await run.ended).status, 3, run.stderr());
});

clause("50 containers created, started and deleted at once leave nothing behind", async (t) => {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  const ids = Array.from({ length: 50 }, (_, i) => `${t.tag}-${i}`);
  const all = async (...command: string[]): Promise<void> => {
    const started = ids.map((id) => t.start(t.argv([...command, id])));
    for (const one of started) assert.succeeds(await one.ended, command[0]);
  };
  await all("create", "--bundle", container.bundle);
  assert.is(t.runtime(["list", "-q"]).stdout.trim().split("\n").length, ids.length);
  await all("start");
  await all("delete", "--force");
});

clause("the same id from ten callers at once: one container, nine errors", async (t) => {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  const argv = t.argv(["create", "--bundle", container.bundle, container.id]);
  const results = [];
  for (const attempt of Array.from({ length: 10 }, () => t.start(argv))) results.push(await attempt.ended);
  assert.is(results.filter(({ status }) => status === 0).length, 1);
  assert.is(container.state().status, "created");
  container.delete("--force");
});

clause("50 commands on one id at once: no deadlock, nothing lost, nothing left behind", async (t) => {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  const words = [
    ["create", "--bundle", container.bundle],
    ["start"],
    ["delete", "--force"],
    ["create", "--bundle", container.bundle],
    ["run", "--detach", "--bundle", container.bundle],
  ];
  const commands = Array.from({ length: 50 }, (_, i) => {
    const command = words[i % words.length] ?? [];
    return { name: command[0], running: t.start(t.argv([...command, container.id])) };
  });
  for (const { name, running } of commands) {
    const { status, stderr } = await running.ended;
    if (name === "delete") assert.is(status, 0, stderr);
    else assert.ok(status === 0 || status === 1, stderr);
    assert.match(stderr, status === 0 ? /^$/ : /^ocirt: [^\n]+\n$/);
  }
  container.delete("--force");
  assert.refuses(container.command("state", container.id), /does not exist/);
  await until("no process", () => t.processes().length === 0);
});

clause("delete --force of one container by ten callers at once ends without what is left", async (t) => {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  await container.runDetached();
  const argv = t.argv(["delete", "--force", container.id]);
  for (const attempt of Array.from({ length: 10 }, () => t.start(argv))) await attempt.ended;
  assert.refuses(container.command("state", container.id));
});

conclude();
