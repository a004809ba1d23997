/** Components that export wasi:http/incoming-handler: served over HTTP. */
import { existsSync, writeFileSync } from "node:fs";
import { assert, type Case, type Container, conclude, type Edit, until } from "./harness/index.ts";
import { curl, inNetwork, network } from "./harness/network.ts";
import { guestContainer, wasmClause } from "./harness/wasm.ts";

const URL = "http://127.0.0.1:8080";

interface Served {
  readonly net: string;
  readonly container: Container;
  get(path: string, ...args: string[]): string;
}

async function serve(t: Case, edit: Edit = () => {}, port = 8080): Promise<Served> {
  const net = await network(t);
  const container = guestContainer(t, "components/http", [], (c, own) => {
    inNetwork(net)(c, own);
    edit(c, own);
  });
  await container.runDetached();
  const base = URL.replace("8080", String(port));
  await until("the server", () => curl(t, net, "-o", "/dev/null", base).status === 0);
  return {
    net,
    container,
    get: (path, ...args) => assert.succeeds(curl(t, net, ...args, base + path)).stdout,
  };
}

wasmClause("a handler is served on port 8080, of IPv4 and IPv6", async (t) => {
  const { net, container, get } = await serve(t);
  assert.is(get("/"), "hello\n");
  assert.is(assert.succeeds(curl(t, net, "http://[::1]:8080/")).stdout, "hello\n");
  assert.match(get("/", "-i"), /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\n/);
  container.kill("TERM");
  await container.waitFor("stopped");
  container.delete();
});

wasmClause("run.ocirt.wasm.http-port: another port; none that is a port is refused", async (t) => {
  const annotated =
    (port: string): Edit =>
    (c) => {
      c.annotations = { ...c.annotations, "run.ocirt.wasm.http-port": port };
    };
  const { container, get } = await serve(t, annotated("8081"), 8081);
  assert.is(get("/"), "hello\n");
  container.delete("--force");
  for (const wrong of ["0", "65536", "http", ""]) {
    const refused = guestContainer(t, "components/http", [], annotated(wrong));
    assert.refuses(await refused.tryCreate(), /run\.ocirt\.wasm\.http-port.*is not a port/);
  }
});

wasmClause("a port that is taken is an error of create", async (t) => {
  const { net, container } = await serve(t);
  const second = guestContainer(t, "components/http", [], inNetwork(net));
  assert.refuses(await second.tryCreate(), /can't serve HTTP on port 8080: address already in use/i);
  container.delete("--force");
});

wasmClause("bodies: of any size, of known length and chunked, both ways; fields", async (t) => {
  const { container, get } = await serve(t);
  const body = Buffer.alloc(300_000, "body ");
  const file = t.path("body");
  writeFileSync(file, body);
  assert.is(get("/echo", "--data-binary", `@${file}`), body.toString());
  assert.is(get("/echo", "-H", "Transfer-Encoding: chunked", "--data-binary", `@${file}`), body.toString());
  assert.is(get("/echo"), "");
  assert.is(get("/big", "-o", "/dev/null", "-w", "%{size_download}"), "1048576");
  assert.is(get("/header", "-H", "X-Test: a value"), "a value");
  assert.match(get("/", "-I"), /^HTTP\/1\.1 200 OK\r\n/);
  container.delete("--force");
});

wasmClause("each request has an instance of its own, also on one connection", async (t) => {
  const { container, get } = await serve(t);
  const more = Array.from({ length: 5 }, () => `${URL}/count`);
  assert.is(get("/count", "-w", " %{num_connects}\n", ...more), `1 1\n${"1 0\n".repeat(5)}`);
  container.delete("--force");
});

wasmClause("a trap and a missing answer are 500, told in the log, and no end", async (t) => {
  const { container, get } = await serve(t);
  assert.match(get("/trap", "-i"), /^HTTP\/1\.1 500 /);
  assert.match(get("/silent", "-i"), /^HTTP\/1\.1 500 /);
  await until("the report", () => /trapped: Unreachable/.test(container.errors()));
  assert.is(get("/"), "hello\n");
  container.delete("--force");
});

wasmClause("what is no HTTP is refused, and the server goes on", async (t) => {
  const { net, container, get } = await serve(t);
  const send = (text: string) =>
    t.execute(["nsenter", `--net=${net}`, "timeout", "5", "busybox", "nc", "127.0.0.1", "8080"], {
      input: text,
    });
  assert.match(send("nonsense\r\n\r\n").stdout, /^HTTP\/1\.1 400 /);
  assert.match(send("GET / HTTP/1.1\r\n\r\n").stdout, /^HTTP\/1\.1 400 /);
  const smuggled =
    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  assert.match(send(smuggled).stdout, /^HTTP\/1\.1 400 /);
  assert.match(
    send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ncut").stdout,
    /^HTTP\/1\.1 200 /,
  );
  assert.is(get("/"), "hello\n");
  container.delete("--force");
});

wasmClause("a client that says nothing keeps nobody waiting", async (t) => {
  const { net, container, get } = await serve(t);
  const ready = t.path("connected");
  const talk = `exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET / HT' >&3; : >${ready}; exec sleep 1000`;
  t.start(["nsenter", `--net=${net}`, "bash", "-c", talk]);
  await until("the connection", () => existsSync(ready));
  assert.is(get("/"), "hello\n");
  container.delete("--force");
});

wasmClause(
  "outgoing requests, by name and address; what refuses them is an error of the component's",
  async (t) => {
    const { net, container, get } = await serve(t);
    const other = guestContainer(t, "components/http", [], (c, own) => {
      inNetwork(net)(c, own);
      c.annotations = { ...c.annotations, "run.ocirt.wasm.http-port": "8082" };
    });
    await other.runDetached();
    await until(
      "the other server",
      () => curl(t, net, "-o", "/dev/null", "http://127.0.0.1:8082").status === 0,
    );
    assert.is(get("/fetch/127.0.0.1:8082"), "200 hello\n");
    assert.is(get("/fetch/localhost:8082"), "200 hello\n");
    assert.is(get("/fetch/127.0.0.1:8083"), "refused");
    container.delete("--force");
    other.delete("--force");
  },
);

conclude();
