/** The one file to ship: it works alone, and where the temporary directory is of no use to it. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, clause, conclude, runtimePath } from "./harness/index.ts";
import { moduleContainer } from "./harness/wasm.ts";

/** Runs the container with another /tmp; its bundle stays in sight below /mnt, its state is kept in /run. */
function withTmp(t: Case, options: string, { bundle, id }: Container) {
  const root = `/run/ocirt-${t.tag}`;
  const run = `/mnt/runtime --root ${root} run ${id}; code=$?; rmdir ${root}; exit $code`;
  // The checkout itself may be below /tmp.
  writeFileSync(join(bundle, "runtime"), "");
  const binds = `mount --bind ${bundle} /mnt && mount --bind ${runtimePath} /mnt/runtime`;
  const script = `${binds} && mount -t tmpfs -o ${options} tmpfs /tmp && cd /mnt && { ${run}; }`;
  return t.execute(["unshare", "--mount", "--propagation", "private", "sh", "-c", script]);
}

clause("executable: copied alone to another directory it works", (t) => {
  const copy = join(t.directory, "copied");
  copyFileSync(runtimePath, copy);
  const container = t.container((c) => (c.process.args = ["echo", "alone"]));
  const args = ["--root", t.stateRoot, "run", "--bundle", container.bundle, container.id];
  const result = t.execute(["env", "-i", `SPEC_CASE=${t.tag}`, copy, ...args]);
  assert.is(assert.succeeds(result).stdout, "alone\n");
});

clause(
  "executable: nothing of its own takes the number of a standard descriptor that the caller closed",
  (t) => {
    const closed = (script: string) => t.execute(["sh", "-c", `exec <&- >&-; ${runtimePath} ${script}`]);
    assert.succeeds(closed("--version"));
    const container = t.container((c) => (c.process.args = ["sh", "-c", "readlink /proc/self/fd/0 >&2"]));
    const result = closed(`--root ${t.stateRoot} run --bundle ${container.bundle} ${container.id}`);
    assert.is(assert.succeeds(result).stderr, "/dev/null\n");
  },
  { differs: { crun: "needs stdin" } },
);

clause("executable: a temporary directory that is noexec, read-only or full", (t) => {
  for (const options of ["noexec", "ro", "size=4k"]) {
    const container = t.container((c) => (c.process.args = ["echo", "here"]), `-${options.slice(0, 4)}`);
    assert.is(assert.succeeds(withTmp(t, options, container)).stdout, "here\n", options);
  }
});

clause("executable: a Wasm module where nothing can be unpacked", (t) => {
  const container = moduleContainer(t, ["args", "one"]);
  assert.is(assert.succeeds(withTmp(t, "noexec", container)).stdout, "[/module.wasm]\n[args]\n[one]\n");
});

clause("executable: the bundle's bunfig.toml and .env are not the runtime's", (t) => {
  const container = t.container((c) => (c.process.args = ["true"]));
  const marker = join(t.directory, "preloaded");
  writeFileSync(
    join(container.bundle, "preload.js"),
    `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "")`,
  );
  writeFileSync(join(container.bundle, "bunfig.toml"), 'preload = ["./preload.js"]\n');
  writeFileSync(join(container.bundle, ".env"), "OCIRT_WASM_ENGINE=3\n");
  assert.succeeds(t.runtime(["run", container.id], { cwd: container.bundle }));
  assert.not(existsSync(marker), readdirSync(t.directory).join());
});

/** The second half does a hot command's work when debug messages are asked for. */
const HALVES = [[], ["--debug"]] as const;

clause("executable: both halves do the same", (t) => {
  const results = HALVES.map((options, half) => {
    const container = t.container(
      (c) => (c.process.args = ["sh", "-c", "echo out; echo err >&2; exit 3"]),
      `-${half}`,
    );
    const ran = t.runtime([...options, "run", container.id], { cwd: container.bundle });
    const missing = t.runtime([...options, "state", "nobody"]);
    const first = missing.stderr.split("\n")[0];
    return [ran.status, ran.stdout, ran.stderr, missing.status, first];
  });
  assert.equal(results[0], results[1]);
  assert.equal(results[0]?.slice(0, 3), [3, "out\n", "err\n"]);
});

clause("executable: no half adds a variable to the environment that hooks inherit", (t) => {
  const environments = HALVES.map((options, half) => {
    const out = join(t.directory, "environment");
    const container = t.container((c) => {
      c.process.args = ["true"];
      c.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", `env | sort >${out}`] }] };
    }, `-${half}`);
    assert.succeeds(t.runtime([...options, "run", container.id], { cwd: container.bundle }));
    return readFileSync(out, "utf8").replace(/^(_|SHLVL|PWD|OLDPWD)=.*\n/gm, "");
  });
  assert.is(environments[0], environments[1]);
  assert.not.match(environments[0] ?? "", /OCIRT/);
});

clause("executable: a compiled filter that one half has stored is the other's", (t) => {
  const cache = join(t.stateRoot, ".cache/seccomp");
  const contents = HALVES.map((options, half) => {
    const container = t.container((c) => {
      c.process.args = ["true"];
      c.linux.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO" }],
      };
    }, `-${half}`);
    assert.succeeds(t.runtime([...options, "run", container.id], { cwd: container.bundle }));
    return readdirSync(cache).map((name) => `${name} ${statSync(join(cache, name)).mtimeMs}`);
  });
  assert.is(contents[0]?.length, 1);
  assert.equal(contents[0], contents[1]);
});

clause("executable: what is no hot command's gets its arguments and environment unchanged", (t) => {
  const bundle = join(t.directory, "bundle é");
  mkdirSync(bundle);
  assert.succeeds(t.runtime(["spec", "--bundle", bundle]));
  assert.ok(existsSync(join(bundle, "config.json")));
  // `start` is the value of an option here, and the name of a container.
  const root = join(t.directory, "start");
  mkdirSync(root);
  assert.is(assert.succeeds(t.runtime(["--root", root, "list", "-q"])).stdout, "");
  const state = t.runtime(["--root", root, "state", "start"]);
  assert.is(state.status, 1);
  assert.match(state.stderr, /container `start` does not exist/);
});

conclude();
