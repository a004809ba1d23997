/** `explain`: what create would do, which is what it then does. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { assert, bind, type Case, type Container, clause, conclude } from "./harness/index.ts";

const OWN = { needs: ["ocirt"] } as const;

interface Item {
  readonly stage: string;
  readonly what: string;
  readonly status: string;
  readonly pointer?: string;
  readonly problem?: string;
}

const explain = (t: Case, { bundle, id }: Container, ...flags: string[]) =>
  t.runtime(["explain", "--bundle", bundle, ...flags, id]);

clause(
  "explain: all that is in the way is told, and nothing else: the container is created then",
  async (t) => {
    const container = t.container((c) => (c.linux.resources = { pids: { limit: 77 } }));
    const { stdout } = assert.succeeds(explain(t, container));
    assert.match(
      stdout,
      /^ {4}write 77 to \/sys\/fs\/cgroup\/.*pids\.max {2}\[\/linux\/resources\/pids\/limit\]$/m,
    );
    assert.match(stdout, /^ {4}mount \/proc .*\[\/mounts\/0\]$/m);
    assert.match(stdout, /^\d+ steps: 0 can't be done here, /m);
    await container.create();
    container.delete("--force");
  },
  { needs: ["ocirt", "cgroup"] },
);

clause(
  "explain --json: a missing source and program are failures with their places, and nothing is made",
  (t) => {
    const container = t.container((c) => {
      c.mounts.push(bind("/no/such/source", "/data"));
      c.process.args = ["no-such-program"];
    });
    const result = explain(t, container, "--json");
    assert.is(result.status, 1);
    const failures = (JSON.parse(result.stdout) as Item[]).filter(({ status }) => status === "failure");
    assert.equal(
      failures.map(({ pointer }) => pointer),
      [`/mounts/${t.config().mounts.length}`, "/process/args/0"],
    );
    assert.match(failures[0]?.problem ?? "", /`\/no\/such\/source` is not there/);
    assert.is(assert.succeeds(t.runtime(["list", "-q"])).stdout, "");
  },
  OWN,
);

clause(
  "explain --config FILE: a configuration that is refused is one failing step",
  (t) => {
    const container = t.container((c) => (c.linux.resources = { pids: { limit: "many" as never } }));
    renameSync(join(container.bundle, "config.json"), join(container.bundle, "other.json"));
    const result = explain(t, container, "--config", "other.json");
    assert.is(result.status, 1);
    assert.match(result.stdout, /^ ! {2}read, check and plan .*other\.json$/m);
    assert.match(result.stdout, /\/linux\/resources\/pids\/limit/);
  },
  OWN,
);

conclude();
