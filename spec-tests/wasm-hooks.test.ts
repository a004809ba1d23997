/** runtime-spec config.md, "POSIX-platform Hooks": those of a Wasm module's container. */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Config, type Container, conclude } from "./harness/index.ts";
import { BUSYBOX } from "./harness/rootfs.ts";
import { moduleContainer, wasmClause } from "./harness/wasm.ts";

/** A hook that runs a script with the shell that is put into the container's root for it. */
const hook = (script: string) => ({
  path: "/bin/busybox",
  args: ["sh", "-c", script],
  env: ["NAME=of-the-hook"],
});

function withShell(c: Config, { rootfs }: Container, ...scripts: string[]): void {
  mkdirSync(join(rootfs, "bin"));
  copyFileSync(BUSYBOX, join(rootfs, "bin/busybox"));
  c.hooks = { startContainer: scripts.map(hook) };
}

wasmClause("startContainer: before the module's first instruction, in order, in the container", async (t) => {
  const first = "b=/bin/busybox; $b cat >/state; $b echo $NAME $($b hostname) $($b ls /) >/first";
  const second = "b=/bin/busybox; $b cat /first >/second; $b test ! -e /ran || exit 1";
  const container = moduleContainer(t, ["write", "/ran", "x"], (c, own) => withShell(c, own, first, second));
  const file = (name: string) => join(container.rootfs, name);
  await container.create();
  assert.is(container.state().status, "created");
  assert.not.ok(existsSync(file("first")), "the hooks wait for start");
  const pid = container.pid();
  container.start();
  await container.waitFor("stopped");
  assert.ok(existsSync(file("ran")));
  const state = JSON.parse(readFileSync(file("state"), "utf8"));
  assert.is(state.id, container.id);
  assert.is(state.status, "created");
  assert.is(state.pid, pid);
  assert.match(readFileSync(file("second"), "utf8"), /^of-the-hook conformance bin dev/);
  container.delete();
});

wasmClause("startContainer: run, with a user of its own", (t) => {
  const container = moduleContainer(t, ["args"], (c, own) => {
    withShell(c, own, "/bin/busybox id -u >&2; /bin/busybox test $(/bin/busybox id -u) = 1000");
    c.process.user = { uid: 1000, gid: 1000 };
  });
  assert.match(assert.succeeds(container.run()).stdout, /module\.wasm/);
});

wasmClause("startContainer: a failing one is the error of start, and the module never runs", async (t) => {
  const container = moduleContainer(t, ["write", "/ran", "x"], (c, own) => {
    withShell(c, own, "/bin/busybox echo no luck >&2; exit 3");
  });
  await container.create();
  const result = container.command("start", container.id);
  assert.refuses(result, /startContainer hook #0/, /exit status 3/, /no luck/, /\/bin\/busybox/);
  await container.waitFor("stopped");
  assert.not.ok(existsSync(join(container.rootfs, "ran")));
  container.delete();
  assert.is(container.errors(), "");
});

wasmClause("startContainer: a container that is deleted before start leaves nobody behind", async (t) => {
  const container = moduleContainer(t, ["sleep"], (c, own) => withShell(c, own, "exit 0"));
  await container.create();
  container.delete("--force");
});

conclude();
