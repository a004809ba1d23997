/** `explain CONTAINER`: what was done, and how long it took. */
import { readdirSync } from "node:fs";
import { assert, type Case, clause, conclude, type Terms } from "./harness/index.ts";

const OWN: Terms = { needs: ["ocirt"] };

interface Done {
  readonly command: string;
  readonly by: string;
  readonly kind?: string;
  readonly what: string;
  readonly pointer?: string;
  readonly microseconds?: number;
  readonly failed?: string;
}

const done = (t: Case, id: string): readonly Done[] =>
  (JSON.parse(assert.succeeds(t.runtime(["explain", "--json", id])).stdout) as { steps: Done[] }).steps;

const kinds = (steps: readonly Done[], command: string): (string | undefined)[] =>
  steps.filter((step) => step.command === command && step.by === "init").map(({ kind }) => kind);

clause(
  "explain CONTAINER: what create did and how long it took, and what start did",
  async (t) => {
    const container = t.container((c) => {
      c.process.args = ["/bin/sh", "-c", "sleep 100"];
    });
    await container.create();
    const created = done(t, container.id);
    const pivot = created.find(({ kind }) => kind === "pivotRoot");
    assert.type(pivot?.microseconds, "number");
    assert.is(created.find(({ kind }) => kind === "rootfs")?.pointer, "/root/path");
    assert.ok(created.some(({ by, what }) => by === "runtime" && what.includes("cgroups")));
    assert.is(kinds(created, "create").at(-1), "ready");
    assert.equal(kinds(created, "start"), []);
    container.start();
    const started = done(t, container.id);
    assert.is(kinds(started, "create").at(-1), "awaitStart");
    assert.is(kinds(started, "start").at(-1), "execute");
    const text = assert.succeeds(t.runtime(["explain", container.id])).stdout;
    assert.match(
      text,
      /^container .*: running\ncreate, the runtime:\n( *\d+ us {2}.*\n)+create, the container's init:\n/,
    );
    // Nobody but the owner of the state directory can read or write what is kept.
    const modes = t.execute([
      "stat",
      "-c",
      "%a",
      ...["create.times", "start.times"].map((name) => `${t.stateRoot}/${container.id}/ocirt.${name}`),
    ]);
    assert.is(modes.stdout, "600\n600\n");
    container.delete("--force");
    assert.equal(readdirSync(t.stateRoot), []);
  },
  OWN,
);

clause(
  "explain CONTAINER: the step at which start failed, with the error that start told",
  async (t) => {
    const container = t.container((c) => {
      c.hooks = {
        startContainer: [
          { path: "/bin/sh", args: ["sh", "-c", "exit 0"] },
          { path: "/bin/sh", args: ["sh", "-c", "exit 3"] },
        ],
      };
    });
    await container.create();
    const failed = t.runtime(["start", container.id]);
    assert.not.equal(failed.status, 0);
    const steps = done(t, container.id);
    const last = steps.at(-1);
    assert.is(last?.pointer, "/hooks/startContainer/1");
    assert.ok(last?.failed && failed.stderr.includes(last.failed), failed.stderr);
    assert.type(steps.find(({ pointer }) => pointer === "/hooks/startContainer/0")?.microseconds, "number");
    assert.match(assert.succeeds(t.runtime(["explain", container.id])).stdout, /\n +FAILED {2}run the hook/);
    container.delete("--force");
  },
  OWN,
);

clause(
  "explain CONTAINER: of a program that can't be executed, and of run",
  async (t) => {
    const container = t.container((c) => {
      c.process.args = ["/bin/nothing"];
    });
    // A creation that fails leaves nothing: its error says the step.
    assert.refuses(
      t.runtime(["create", "--bundle", container.bundle, container.id]),
      /exec: "\/bin\/nothing"/,
    );
    assert.refuses(t.runtime(["explain", container.id]), /does not exist/);
    const other = t.container((c) => {
      c.process.args = ["/bin/sh", "-c", "sleep 100"];
    }, "-run");
    assert.succeeds(t.runtime(["run", "--detach", "--bundle", other.bundle, other.id]));
    const steps = done(t, other.id);
    assert.is(kinds(steps, "create").at(-1), "execute");
    assert.type(steps.find(({ kind }) => kind === "findProgram")?.microseconds, "number");
    other.delete("--force");
  },
  OWN,
);

clause(
  "explain CONTAINER: a time namespace of its own has another clock, and no duration is told of entering it",
  async (t) => {
    const container = t.container((c) => {
      c.linux.namespaces.push({ type: "time" });
      c.linux.timeOffsets = { monotonic: { secs: 86_400 } };
    });
    await container.create();
    const steps = done(t, container.id);
    const entering = steps.find(({ kind }) => kind === "timeNamespace");
    assert.ok(entering !== undefined && entering.microseconds === undefined);
    for (const { microseconds = 0, what } of steps) assert.ok(microseconds < 60_000_000, what);
    container.delete("--force");
  },
  OWN,
);

conclude();
