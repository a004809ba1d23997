/** `create --dry-run` and `run --dry-run`: the plan is printed, and nothing is touched. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Container,
  clause,
  conclude,
  mapUsers,
  type Terms,
} from "./harness/index.ts";

const OWN: Terms = { needs: ["ocirt"] };

function plan(t: Case, container: Container, command: string, ...flags: string[]) {
  return t.runtime([command, "--dry-run", ...flags, "--bundle", container.bundle, container.id]);
}

/** Everything of the case's directory, with sizes and times of change. */
const snapshot = (t: Case): string =>
  t.execute(["find", t.path("bundle"), t.stateRoot, "-printf", "%p %s %T@ %C@ %i\n"]).stdout;

clause(
  "--dry-run: prints a plan, exits with 0, and touches nothing",
  (t) => {
    for (const command of ["create", "run"]) {
      const container = t.container(
        (c) => {
          c.hooks = { createRuntime: [{ path: "/bin/touch", args: ["touch", t.path("hook-ran")] }] };
          c.linux.seccomp = {
            defaultAction: "SCMP_ACT_ALLOW",
            syscalls: [{ names: ["sync"], action: "SCMP_ACT_ERRNO" }],
          };
          c.mounts.push({ destination: "/made/by/mount", type: "tmpfs", source: "tmpfs" });
        },
        command === "run" ? "-run" : "",
      );
      const before = snapshot(t);
      const result = assert.succeeds(plan(t, container, command));
      for (const word of ["/proc", "/made/by/mount", "pivot", "mount"]) assert.match(result.stdout, word);
      assert.is(snapshot(t), before);
      assert.equal(readdirSync(t.stateRoot), []);
      assert.not.ok(existsSync(t.path("hook-ran")));
      assert.not.ok(existsSync(join(container.rootfs, "made")));
    }
  },
  OWN,
);

clause(
  "--dry-run --format json: one JSON document",
  (t) => {
    const container = t.container();
    const { stdout } = assert.succeeds(plan(t, container, "create", "--format", "json"));
    const text = JSON.stringify(JSON.parse(stdout));
    for (const word of ["/proc", "pivotRoot", "mount", "execute"]) assert.match(text, word);
  },
  OWN,
);

clause(
  "--dry-run: the same configuration, the same plan",
  (t) => {
    const container = t.container();
    const plans = [1, 2].map(() => assert.succeeds(plan(t, container, "create", "--format", "json")).stdout);
    assert.is(plans[0], plans[1]);
  },
  OWN,
);

clause(
  "--dry-run: a wrong configuration is told as by create",
  (t) => {
    const container = t.container();
    container.configure('{"ociVersion":"1.0.2","root":{"path":5}}');
    const dry = assert.refuses(plan(t, container, "create"), /\/root\/path/);
    const wet = assert.refuses(t.runtime(["create", "--bundle", container.bundle, container.id]));
    assert.is(dry.stderr, wet.stderr);
  },
  OWN,
);

clause(
  "--dry-run: needs no privilege",
  (t) => {
    const container = t.container((c) => mapUsers(c));
    assert.succeeds(t.execute(["chmod", "-R", "a+rX", t.directory]));
    const argv = t.argv(["create", "--dry-run", "--bundle", container.bundle, container.id]);
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
    const env = { ...t.environment, TMPDIR: t.path("tmp") };
    assert.succeeds(t.execute(["install", "-d", "-m", "1777", t.path("tmp")]));
    assert.match(assert.succeeds(t.execute([...nobody, ...argv], { env })).stdout, /pivot/);
  },
  OWN,
);

clause(
  "--dry-run: an id that is used is no hindrance, and its container is not touched",
  async (t) => {
    const container = t.container();
    await container.create();
    const pid = container.pid();
    plan(t, container, "create");
    assert.is(container.pid(), pid);
    assert.is(container.state().status, "created");
    container.delete("--force");
    assert.ok(readFileSync(join(container.bundle, "config.json"), "utf8").length > 0);
  },
  OWN,
);

conclude();
