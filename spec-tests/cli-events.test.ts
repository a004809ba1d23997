/** `events`: no part of the specification; as runc does it. */
import { assert, type Case, type Container, clause, conclude, type Edit, until } from "./harness/index.ts";

const TERMS = { needs: ["cgroup"], differs: { crun: "not its command" } } as const;
const MiB = 1024 * 1024;

async function running(t: Case, script: string, edit: Edit = () => {}): Promise<Container> {
  const container = t.container((c, own) => {
    c.process.args = ["sh", "-c", script];
    edit(c, own);
  });
  await container.runDetached();
  return container;
}

/** The objects of an output's lines. */
/** The last may be being written still. */
const lines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

clause(
  "events --stats: one line, with the limits and what is used",
  async (t) => {
    const container = await running(t, "sleep 1000", (c) => {
      c.linux.resources = { memory: { limit: 64 * MiB }, pids: { limit: 20 } };
    });
    const [line, ...more] = lines(
      assert.succeeds(container.command("events", "--stats", container.id)).stdout,
    );
    assert.equal(more, []);
    assert.equal([line.type, line.id], ["stats", container.id]);
    const { data } = line;
    assert.is(data.memory.usage.limit, 64 * MiB);
    assert.ok(data.memory.usage.usage > 0 && data.memory.usage.usage <= 64 * MiB);
    assert.is(data.pids.limit, 20);
    assert.ok(data.pids.current >= 1);
    assert.ok(data.cpu.usage.total > 0);
    assert.ok(data.memory.raw.pgfault > 0);
    for (const member of ["cpuset", "blkio", "hugetlb", "intel_rdt"]) assert.type(data[member], "object");
    await container.remove();
  },
  TERMS,
);

clause(
  "events --interval: a line each time, until the container ends",
  async (t) => {
    const container = await running(t, "sleep 1000");
    const events = t.start(t.argv(["events", "--interval", "50ms", container.id]));
    await until("three lines", () => lines(events.stdout()).length >= 3);
    for (const { type, id } of lines(events.stdout())) assert.equal([type, id], ["stats", container.id]);
    container.kill("KILL");
    assert.succeeds(await events.ended);
    container.delete();
  },
  // runc goes on until the cgroup is removed.
  { ...TERMS, needs: ["cgroup", "ocirt"] },
);

clause(
  "events: a line for a process that is killed for want of memory, also where it is init",
  async (t) => {
    for (const init of [false, true]) {
      const eat = "head -c 64m /dev/zero | tail >/dev/null";
      const script = init ? `read x; exec sh -c '${eat}; exec tail /dev/zero'` : `read x; ${eat}; sleep 1000`;
      const fifo = t.path(`go-${init}`);
      t.execute(["mkfifo", fifo]);
      const container = t.container((c) => {
        c.process.args = ["sh", "-c", `exec <>/go; ${script}`];
        c.mounts?.push({ destination: "/go", type: "bind", source: fifo, options: ["bind", "rw"] });
        c.linux.resources = { memory: { limit: 16 * MiB, swap: 16 * MiB } };
      }, `-${init}`);
      await container.runDetached();
      const events = t.start(t.argv(["events", container.id]));
      // Watched from when its descriptor is there; no line tells.
      await until("the watch", () => {
        const { stdout } = t.execute(["ls", "-l", `/proc/${events.pid}/fd`]);
        return /eventfd|inotify/.test(stdout);
      });
      t.execute(["sh", "-c", `echo >${fifo}`]);
      await until("the notice", () => lines(events.stdout()).some(({ type }) => type === "oom"));
      assert.equal(
        lines(events.stdout()).find(({ type }) => type === "oom"),
        { type: "oom", id: container.id },
      );
      await container.remove();
      assert.succeeds(await events.ended);
    }
  },
  { ...TERMS, needs: ["cgroup", "ocirt"] },
);

clause(
  "events: a container that has stopped, one that is not there, and a wrong interval are errors",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.runDetached();
    await container.waitFor("stopped");
    assert.refuses(container.command("events", container.id), /is not running/);
    container.delete();
    assert.refuses(container.command("events", container.id), /does not exist/);
    assert.refuses(container.command("events", "--interval", "0s", container.id), /interval/);
  },
  TERMS,
);

conclude();
