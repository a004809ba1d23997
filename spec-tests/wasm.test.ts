/** Wasm modules as containers: what config.md says of a process holds for a module, too; the annotations are crun's. */
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, conclude, type Edit, outside, wasmModule } from "./harness/index.ts";
import { moduleContainer, runModule, wasmClause } from "./harness/wasm.ts";

wasmClause("args: as configured, the module's path first", (t) => {
  assert.is(
    assert.succeeds(runModule(t, ["args", "two words", ""])).stdout,
    "[/module.wasm]\n[args]\n[two words]\n[]\n",
  );
});

wasmClause("annotations: run.oci.handler wasm is the same", (t) => {
  const result = runModule(t, ["args"], (c) => (c.annotations = { "run.oci.handler": "wasm" }));
  assert.is(assert.succeeds(result).stdout, "[/module.wasm]\n[args]\n");
});

wasmClause("env: as configured", (t) => {
  const result = runModule(t, ["env"], (c) => (c.process.env = ["B=2", "A=1", "EMPTY="]));
  assert.match(assert.succeeds(result).stdout, /^\[B=2\]\n\[A=1\]\n\[EMPTY=\]\n/);
  assert.not.match(result.stdout, /BUN|SPEC_CASE|OCIRT/);
});

wasmClause("run: the exit code is the module's", (t) => {
  for (const code of [0, 1, 42, 125, 255]) assert.is(runModule(t, ["exit", String(code)]).status, code);
});

wasmClause("run: a trap is an error, and told on stderr", (t) => {
  const result = runModule(t, ["trap"]);
  assert.refuses(result, /unreachable|trap/i);
});

wasmClause("stdio: stdin, stdout and stderr are the caller's", (t) => {
  assert.is(assert.succeeds(runModule(t, ["echo"], undefined, "one\ntwo\n")).stdout, "echo one\necho two\n");
  const result = assert.succeeds(runModule(t, ["stderr"]));
  assert.is(result.stderr, "on stderr\n");
  assert.is(result.stdout, "");
});

wasmClause("terminal: a module on a terminal", (t) => {
  const container = moduleContainer(t, ["echo"], (c) => (c.process.terminal = true));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute([outside, "pty", "24", "80", ...argv], { input: "typed\nend\n" });
  assert.match(assert.succeeds(result).stdout, /echo typed\r?\n/);
});

wasmClause("clocks and random numbers", (t) => {
  const seconds = Number(assert.succeeds(runModule(t, ["clock"])).stdout);
  assert.ok(Math.abs(seconds - Date.now() / 1000) < 60);
  const [one, two] = [1, 2].map(() => assert.succeeds(runModule(t, ["random"])).stdout);
  assert.match(one ?? "", /^[0-9a-f]{32}\n$/);
  assert.is.not(one, two);
});

wasmClause("smart variants: a module runs as one, an ordinary program as usual", (t) => {
  for (const annotations of [
    { "module.wasm.image/variant": "compat-smart" },
    { "run.oci.handler": "wasm-smart" },
  ]) {
    assert.is(
      assert.succeeds(runModule(t, ["args"], (c) => (c.annotations = annotations))).stdout,
      "[/module.wasm]\n[args]\n",
    );
    assert.is(
      t.shell("echo an ordinary program", (c) => (c.annotations = annotations)),
      "an ordinary program\n",
    );
  }
});

wasmClause("smart variants: the file's first bytes decide, not its name", (t) => {
  const smart: Edit = (c, { rootfs }) => {
    c.annotations = { "run.oci.handler": "wasm-smart" };
    copyFileSync(wasmModule(), join(rootfs, "plain"));
    symlinkSync("/plain", join(rootfs, "link"));
  };
  for (const program of ["/plain", "/link", "plain"]) {
    const result = runModule(t, [], (c, container) => {
      smart(c, container);
      c.process.args = [program, "args"];
      c.process.env = ["PATH=/none:/"];
    });
    assert.is(assert.succeeds(result, program).stdout, `[${program}]\n[args]\n`);
  }
  const ordinary = t.shellIn("", (c, { rootfs }) => {
    c.annotations = { "run.oci.handler": "wasm-smart" };
    copyFileSync(join(rootfs, "bin/busybox"), join(rootfs, "bin/busybox.wasm"));
    c.process.args = ["/bin/busybox.wasm", "echo", "ordinary"];
  });
  assert.is(ordinary.stdout, "ordinary\n");
});

wasmClause("by the name ocirt-wasm every module runs as one, without an annotation", (t) => {
  const container = moduleContainer(t, ["args"], (c) => (c.annotations = {}));
  const [runtime = "", ...words] = t.argv(["run", "--bundle", container.bundle, container.id]);
  const name = t.path("ocirt-wasm");
  symlinkSync(runtime, name);
  assert.is(assert.succeeds(t.execute([name, ...words])).stdout, "[/module.wasm]\n[args]\n");
});

wasmClause("without an annotation a module is a program that the kernel can't run", (t) => {
  const result = runModule(t, ["args"], (c, { rootfs }) => {
    c.annotations = {};
    t.execute(["chmod", "755", join(rootfs, "module.wasm")]);
  });
  assert.refuses(result, /module\.wasm/, /exec format error/i, /"module\.wasm\.image\/variant": "compat"/);
});

wasmClause("args: a module that does not exist is an error that names it", async (t) => {
  const container = moduleContainer(t, [], (c) => (c.process.args = ["/no-such.wasm"]));
  assert.refuses(await container.tryCreate(), /\/no-such\.wasm/, /no such file or directory/i);
});

wasmClause("args: a module behind a symlink that leads out is not the host's", async (t) => {
  const container = moduleContainer(t, [], (c, { rootfs }) => {
    symlinkSync(wasmModule(), join(rootfs, "link.wasm"));
    c.process.args = ["/link.wasm", "args"];
  });
  assert.refuses(await container.tryCreate(), /\/link\.wasm/, /no such file or directory/i);
});

wasmClause("args: a file that is no module is an error of create", async (t) => {
  const contents: Record<string, Buffer | string> = {
    text: "no module\n",
    empty: "",
    cut: readFileSync(wasmModule()).subarray(0, 1000),
    component: Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]),
  };
  for (const [name, content] of Object.entries(contents)) {
    const container = moduleContainer(t, [], (c, { rootfs }) => {
      writeFileSync(join(rootfs, `${name}.wasm`), content);
      c.process.args = [`/${name}.wasm`];
    });
    assert.refuses(await container.tryCreate(), new RegExp(`/${name}\\.wasm|module|component`, "i"));
  }
});

conclude();
