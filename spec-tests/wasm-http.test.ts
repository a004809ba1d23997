/** An HTTP server built for WasmEdge's sockets, as a container: the walk-through of a new user. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, conclude, type Edit, until } from "./harness/index.ts";
import { curl, inNetwork, network } from "./harness/network.ts";
import { guestContainer, wasmClause } from "./harness/wasm.ts";

const HELLO = "Hello from WebAssembly in a container.\n";

function server(t: Case, net: string, edit: Edit = () => {}): Container {
  return guestContainer(t, "http-server", ["8080"], (c, own) => {
    inNetwork(net)(c, own);
    edit(c, own);
  });
}

const URL = "http://127.0.0.1:8080/";

async function serving(t: Case, net: string, edit?: Edit): Promise<Container> {
  const container = server(t, net, edit);
  await container.runDetached();
  await container.says(/listening on port 8080\n/);
  return container;
}

wasmClause(
  "the walk-through: spec, the module, the annotation, the network; run, curl, kill, delete",
  async (t) => {
    const net = await network(t);
    const container = server(t, net);
    const file = join(container.bundle, "config.json");
    t.execute(["rm", file]);
    assert.succeeds(t.runtime(["spec", "--bundle", container.bundle]));
    const config = JSON.parse(readFileSync(file, "utf8"));
    config.process.args = ["/module.wasm"];
    config.process.terminal = false;
    config.annotations = { "module.wasm.image/variant": "compat" };
    for (const namespace of config.linux.namespaces) if (namespace.type === "network") namespace.path = net;
    container.configure(config);
    const running = container.runInBackground(["--keep"]);
    await until("the server", () => running.stdout().includes("listening"));
    assert.is(assert.succeeds(curl(t, net, URL)).stdout, HELLO);
    container.kill("SIGKILL");
    assert.is((await running.ended).status, 137);
    container.delete();
  },
);

wasmClause("curl: requests of one connection, kept alive", async (t) => {
  const net = await network(t);
  const container = await serving(t, net);
  const urls = Array.from({ length: 20 }, () => [URL, "-o", t.path("answer")]).flat();
  const { stdout } = assert.succeeds(curl(t, net, "-w", "%{http_code} %{num_connects}\n", ...urls));
  assert.is(stdout, `200 1\n${"200 0\n".repeat(19)}`);
  assert.is(readFileSync(t.path("answer"), "utf8"), HELLO);
  await container.remove();
});

wasmClause("curl: a connection for each request, several at once, HEAD, unknown paths", async (t) => {
  const net = await network(t);
  const container = await serving(t, net);
  const clients = Array.from({ length: 8 }, () =>
    t.start([
      "nsenter",
      `--net=${net}`,
      "curl",
      "-sS",
      "--max-time",
      "10",
      "-H",
      "Connection: close",
      URL,
      URL,
    ]),
  );
  for (const client of clients) assert.is(assert.succeeds(await client.ended).stdout, HELLO.repeat(2));
  assert.match(assert.succeeds(curl(t, net, "-I", URL)).stdout, /^HTTP\/1\.1 200 OK\r\n/);
  assert.is(curl(t, net, "-o", "/dev/null", "-w", "%{http_code}", `${URL}nothing`).stdout, "404");
  await container.remove();
});

wasmClause("kill: SIGTERM ends the server; its port is free at once", async (t) => {
  const net = await network(t);
  for (let round = 0; round < 2; round++) {
    const container = server(t, net);
    const running = container.runInBackground();
    await until("the server", () => running.stdout().includes("listening"));
    assert.is(assert.succeeds(curl(t, net, URL)).stdout, HELLO);
    container.kill();
    assert.is((await running.ended).status, 143);
  }
});

wasmClause("as a user without capabilities, on a read-only root", async (t) => {
  const net = await network(t);
  const container = await serving(t, net, (c) => {
    c.process.user = { uid: 1000, gid: 1000 };
    c.process.capabilities = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
    c.root.readonly = true;
  });
  assert.is(assert.succeeds(curl(t, net, URL)).stdout, HELLO);
  await container.remove();
});

wasmClause("a port that is taken is the module's error, and run's exit code", async (t) => {
  const net = await network(t);
  const container = await serving(t, net);
  const second = server(t, net).run();
  assert.is(second.status, 1);
  // WASI's number for "address in use".
  assert.is(second.stderr, "bind the port: WASI errno 3\n");
  await container.remove();
});

wasmClause("a port below 1024 needs the capability", async (t) => {
  const net = await network(t);
  const edit =
    (...names: string[]): Edit =>
    (c) => {
      c.process.args = ["/module.wasm", "80"];
      c.process.capabilities = { bounding: names, effective: names, permitted: names };
    };
  const refused = server(t, net, edit()).run();
  assert.is(refused.stderr, "bind the port: WASI errno 2\n");
  const container = server(t, net, edit("CAP_NET_BIND_SERVICE"));
  await container.runDetached();
  await container.says(/listening on port 80\n/);
  assert.is(assert.succeeds(curl(t, net, "http://127.0.0.1/")).stdout, HELLO);
  await container.remove();
});

wasmClause("the server is in its own network without a path", async (t) => {
  const net = await network(t);
  const container = guestContainer(t, "http-server", ["8080"]);
  await container.runDetached();
  await container.says(/listening/);
  assert.is.not(curl(t, net, URL).status, 0);
  const inside = t.execute(["nsenter", `--net=/proc/${container.pid()}/ns/net`, "curl", "-sS", URL]);
  assert.is(assert.succeeds(inside).stdout, HELLO);
  await container.remove();
});

conclude();
