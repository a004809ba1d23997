/** The addon's part of name resolution, with a server in a process of its own: the call blocks. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wasiNative } from "../../native/wasi.ts";

const ECONNREFUSED = 111;
const ETIMEDOUT = 110;
const EINVAL = 22;
const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

/**
 * Answers a datagram with itself and "!", silence for "silent"; over TCP the same with the lengths before, one
 * byte at a time.
 */
const SERVER = `
  const udp = require("node:dgram").createSocket("udp4");
  udp.on("message", (data, from) => {
    if (String(data) !== "silent") udp.send(data + "!", from.port, from.address);
  });
  udp.bind(0, "127.0.0.1", () => {
    const { port } = udp.address();
    require("node:net").createServer((socket) => {
      socket.setNoDelay(true);
      socket.once("data", async (data) => {
        const text = data.subarray(2) + "!";
        for (const byte of [text.length >> 8, text.length & 255, ...Buffer.from(text)]) {
          socket.write(Uint8Array.of(byte));
          await new Promise((done) => setTimeout(done, 1));
        }
      });
    }).listen(port, "127.0.0.1", () => console.log(port));
  });
`;

let server: ChildProcess;
let port = 0;

test.before(async () => {
  server = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "pipe", "inherit"] });
  port = Number((await once(server.stdout as NonNullable<typeof server.stdout>, "data"))[0]);
});
test.after(() => void server.kill());

function exchange(
  question: string,
  options: { tcp?: boolean; port?: number; timeout?: number; address?: Uint8Array },
) {
  const answer = new Uint8Array(1000);
  const { tcp = false, timeout = 2000, address = LOOPBACK } = options;
  const query = new TextEncoder().encode(question);
  const length = wasiNative().dnsExchange(address, options.port ?? port, tcp, query, answer, timeout);
  return length < 0 ? length : new TextDecoder().decode(answer.subarray(0, length));
}

test("one datagram there and one back", () => {
  assert.is(exchange("question", {}), "question!");
});

test("over TCP with lengths, in as many pieces as it comes", () => {
  assert.is(exchange("question", { tcp: true }), "question!");
});

test("silence lasts as long as allowed", () => {
  const before = performance.now();
  assert.is(exchange("silent", { timeout: 50 }), -ETIMEDOUT);
  const took = performance.now() - before;
  assert.ok(took >= 49 && took < 2000, String(took));
});

test("a server that isn't there is heard of at once", () => {
  const before = performance.now();
  assert.is(exchange("question", { port: 1 }), -ECONNREFUSED);
  assert.is(exchange("question", { port: 1, tcp: true }), -ECONNREFUSED);
  assert.ok(performance.now() - before < 1000);
});

test("addresses have 4 bytes or 16", () => {
  assert.is(exchange("question", { address: new Uint8Array(5) }), -EINVAL);
  assert.is(wasiNative().hasRoute(LOOPBACK), 0);
  assert.is(wasiNative().hasRoute(new Uint8Array(3)), -EINVAL);
});

test.run();
