/** The one file to ship: it works alone, and where the temporary directory is of no use to it. */
import { copyFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, clause, conclude, runtimePath } from "./harness/index.ts";
import { moduleContainer } from "./harness/wasm.ts";

/** Runs the container with another /tmp; its bundle stays in sight below /mnt, its state is kept in /run. */
function withTmp(t: Case, options: string, { bundle, id }: Container) {
  const root = `/run/ocirt-${t.tag}`;
  const run = `${runtimePath} --root ${root} run ${id}; code=$?; rmdir ${root}; exit $code`;
  const script = `mount --bind ${bundle} /mnt && mount -t tmpfs -o ${options} tmpfs /tmp && cd /mnt && { ${run}; }`;
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

conclude();
