/** `explain`: what create would do on this host, and that it does nothing. */
import { readdirSync } from "node:fs";
import { assert, type Case, type Container, clause, conclude, type Terms } from "./harness/index.ts";

const OWN: Terms = { needs: ["ocirt"] };

interface Step {
  readonly stage: string;
  readonly kind: string;
  readonly what: string;
  readonly pointer?: string;
  readonly status: string;
  readonly reason?: string;
  readonly remedy?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

const explain = (t: Case, container: Container, ...more: string[]) =>
  t.runtime(["explain", "--bundle", container.bundle, ...more]);

const stepsOf = (stdout: string): readonly Step[] => (JSON.parse(stdout) as { steps: Step[] }).steps;

const snapshot = (t: Case): string =>
  t.execute(["find", t.path("bundle"), t.stateRoot, "-printf", "%p %s %T@ %C@ %i\n"]).stdout;

clause(
  "explain: a bundle that can be created, each step with its place in config.json, and nothing is touched",
  (t) => {
    const container = t.container((c) => {
      c.linux.resources = { memory: { limit: 50_000_000 } };
      c.linux.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["sync"], action: "SCMP_ACT_ERRNO" }],
      };
      c.mounts.push({ destination: "/data", type: "bind", source: "/usr", options: ["rbind", "ro"] });
    });
    const before = snapshot(t);
    const steps = stepsOf(assert.succeeds(explain(t, container, "--json")).stdout);
    assert.equal(
      steps.filter(({ status }) => status === "failure"),
      [],
    );
    const bind = steps.find(({ kind, fields }) => kind === "bind" && fields?.target === "/data");
    assert.match(bind?.pointer ?? "", /^\/mounts\/\d+$/);
    const limit = steps.find(({ kind }) => kind === "limit");
    assert.is(limit?.pointer, "/linux/resources/memory/limit");
    assert.is(limit?.fields?.value, "50000000");
    for (const kind of ["record", "cgroup", "namespace", "rootfs", "pivotRoot", "seccomp", "execute"])
      assert.ok(
        steps.some((step) => step.kind === kind),
        kind,
      );
    assert.is(snapshot(t), before);
    assert.equal(readdirSync(t.stateRoot), []);
    // What it says is what create does.
    assert.succeeds(t.runtime(["run", "--bundle", container.bundle, container.id]));
  },
  OWN,
);

clause(
  "explain: what create refuses fails in the step that create names, with reason and remedy, and exit code 1",
  (t) => {
    const container = t.container((c) => {
      c.mounts.push({ destination: "/data", type: "bind", source: t.path("nowhere"), options: ["rbind"] });
    });
    const result = explain(t, container, "--json");
    assert.is(result.status, 1, result.stderr);
    const failed = stepsOf(result.stdout).filter(({ status }) => status === "failure");
    assert.equal(failed.length, 1);
    const [step] = failed;
    assert.match(step?.reason ?? "", /nowhere`: no such file or directory \(ENOENT\)/);
    assert.ok(step?.remedy);
    const wet = t.runtime(["run", "--bundle", container.bundle, container.id]);
    assert.not.equal(wet.status, 0);
    assert.ok(wet.stderr.includes(`config.json ${step?.pointer}`), wet.stderr);
    const text = explain(t, container);
    assert.is(text.status, 1);
    assert.match(text.stdout, /\nFAILURE bind mount \/data .*\n {10}reason: .*\n {10}remedy: /);
    assert.match(text.stdout, / 1 can't be done, \d+ warnings\n$/);
  },
  OWN,
);

clause(
  "explain: a program that is not in the rootfs, and a configuration that is refused",
  (t) => {
    const container = t.container((c) => {
      c.process.args = ["/no/such/program"];
    });
    const kinds = (...more: string[]) => {
      const result = explain(t, container, "--json", ...more);
      assert.is(result.status, 1, result.stderr);
      return stepsOf(result.stdout)
        .filter(({ status }) => status === "failure")
        .map(({ kind }) => kind);
    };
    assert.equal(kinds(), ["findProgram"]);
    container.configure('{"ociVersion":"1.0.2","root":{"path":5}}');
    assert.equal(kinds(), ["config"]);
    assert.equal(kinds("--config", "other.json"), ["config"]);
  },
  OWN,
);

clause(
  "explain: an ordinary user without a user namespace is told that it can't, and what to add",
  (t) => {
    const container = t.container();
    assert.succeeds(t.execute(["chmod", "-R", "a+rX", t.directory]));
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
    const env = { ...t.environment, TMPDIR: t.path("tmp") };
    assert.succeeds(t.execute(["install", "-d", "-m", "1777", t.path("tmp")]));
    const result = t.execute([...nobody, ...t.argv(["explain", "--json", "--bundle", container.bundle])], {
      env,
    });
    assert.is(result.status, 1, result.stderr);
    const step = stepsOf(result.stdout).find(({ kind }) => kind === "namespace");
    assert.is(step?.status, "failure");
    assert.match(step?.reason ?? "", /CAP_SYS_ADMIN/);
    assert.match(step?.remedy ?? "", /"type": "user"/);
  },
  OWN,
);

conclude();
