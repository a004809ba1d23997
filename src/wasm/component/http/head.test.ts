import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitAuthority } from "./client.ts";
import { HttpError, readRequestHead, readResponseHead, text } from "./head.ts";

const head = (...lines: string[]) => readRequestHead(text(`${lines.join("\r\n")}\r\n\r\n`));

function refuses(status: number, ...lines: string[]): void {
  try {
    head(...lines);
  } catch (error) {
    assert.instance(error, HttpError);
    assert.is((error as HttpError).status, status, lines.join("|"));
    return;
  }
  assert.unreachable(lines.join("|"));
}

const HOST = "Host: x";

test("a request: method, target, host, fields, where the body begins", () => {
  const bytes = text("POST /a?b HTTP/1.1\r\nHost: name:80\r\nX-Empty:\r\nContent-Length: 3\r\n\r\nabc");
  const found = readRequestHead(bytes);
  assert.equal([found?.method, found?.target, found?.host], ["POST", "/a?b", "name:80"]);
  assert.equal(found?.framing, { kind: "length", length: 3 });
  assert.equal(found?.fields[1], ["X-Empty", new Uint8Array(0)]);
  assert.is(String.fromCharCode(...bytes.subarray(found?.end)), "abc");
});

test("a head that is not all there", () => {
  for (const part of ["", "GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"]) {
    assert.is(readRequestHead(text(part)), undefined, part);
  }
});

test("whether the connection goes on", () => {
  assert.is(head("GET / HTTP/1.1", HOST)?.persistent, true);
  assert.is(head("GET / HTTP/1.1", HOST, "Connection: foo, CLOSE")?.persistent, false);
  assert.is(head("GET / HTTP/1.0")?.persistent, false);
  assert.is(head("GET / HTTP/1.0", "Connection: keep-alive")?.persistent, true);
});

test("what could smuggle a second message is refused", () => {
  refuses(400, "POST / HTTP/1.1", HOST, "Content-Length: 1", "Transfer-Encoding: chunked");
  refuses(400, "POST / HTTP/1.1", HOST, "Content-Length: 1", "Content-Length: 2");
  refuses(400, "POST / HTTP/1.1", HOST, "Content-Length: +1");
  refuses(400, "POST / HTTP/1.1", HOST, "Content-Length: 0x1");
  refuses(501, "POST / HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked");
  refuses(400, "POST / HTTP/1.0", HOST, "Transfer-Encoding: chunked");
  refuses(400, "POST / HTTP/1.1", HOST, "Content-Length : 1");
  refuses(400, "POST / HTTP/1.1", HOST, "X: a", " folded");
  refuses(400, "POST / HTTP/1.1", HOST, "X: a\nY: b");
  refuses(400, "POST / HTTP/1.1", HOST, "X: a\0");
  assert.equal(head("POST / HTTP/1.1", HOST, "Content-Length: 1", "Content-Length: 1")?.framing, {
    kind: "length",
    length: 1,
  });
});

test("what is no request of HTTP/1", () => {
  refuses(400, "GET /", HOST);
  refuses(400, "GET  / HTTP/1.1", HOST);
  refuses(400, "G(T / HTTP/1.1", HOST);
  refuses(505, "GET / HTTP/2.0", HOST);
  refuses(400, "GET / HTTP/1.1");
  refuses(400, "GET / HTTP/1.1", HOST, HOST);
});

test("a head without end", () => {
  assert.throws(() => readRequestHead(text(`GET / HTTP/1.1\r\nX: ${"a".repeat(70_000)}`)), /too long/);
});

test("a head that is longer than the bound, though it has an end", () => {
  for (const bytes of [70_000, 1_000_000]) {
    refuses(431, `GET /${"a".repeat(bytes)} HTTP/1.1`, HOST);
    refuses(431, "GET / HTTP/1.1", HOST, `X: ${"a".repeat(bytes)}`);
  }
  assert.is(head(`GET /${"a".repeat(60_000)} HTTP/1.1`, HOST)?.target.length, 60_001);
});

test("a response: status, and when there is a body", () => {
  const read = (method: string, ...lines: string[]) =>
    readResponseHead(text(`${lines.join("\r\n")}\r\n\r\n`), method);
  assert.equal(read("GET", "HTTP/1.1 200 OK")?.framing, { kind: "close" });
  assert.equal(read("GET", "HTTP/1.1 204")?.framing, { kind: "none" });
  assert.equal(read("HEAD", "HTTP/1.1 200 OK", "Content-Length: 5")?.framing, { kind: "none" });
  assert.equal(read("GET", "HTTP/1.0 404 Not Found", "Content-Length: 5")?.framing, {
    kind: "length",
    length: 5,
  });
  assert.throws(() => read("GET", "SSH-2.0-OpenSSH"), /no status line/);
});

test("authorities", () => {
  assert.equal(splitAuthority("name"), { host: "name", port: 80 });
  assert.equal(splitAuthority("10.0.0.1:81"), { host: "10.0.0.1", port: 81 });
  assert.equal(splitAuthority("[::1]:81"), { host: "::1", port: 81 });
  for (const wrong of ["", "a:b", "a:99999", "::1", "a@b:1:2"])
    assert.is(splitAuthority(wrong), undefined, wrong);
});

test.run();
