import { test } from "uvu";
import * as assert from "uvu/assert";
import { lookupHosts, lookupService, parseResolvConf } from "./files.ts";

test("hosts: all lines that have the name, whatever its case", () => {
  const text = `# comment
127.0.0.1\tlocalhost  loop
10.0.0.1 Box.example box # a comment
::1 localhost ip6-localhost
nonsense box
10.0.0.2 box
`;
  assert.equal(lookupHosts(text, "LOCALHOST"), {
    canonical: "localhost",
    addresses: [Uint8Array.of(127, 0, 0, 1), Uint8Array.from([...new Array(15).fill(0), 1])],
  });
  assert.equal(lookupHosts(text, "box"), {
    canonical: "Box.example",
    addresses: [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)],
  });
  assert.is(lookupHosts(text, "a"), undefined);
  assert.is(lookupHosts(text, "127.0.0.1"), undefined);
});

test("resolv.conf: servers, search list and options, within their bounds", () => {
  const config = parseResolvConf(`; comment
domain old.example
nameserver 10.0.0.1
nameserver fd00::1   # comment
nameserver not-an-address
nameserver 10.0.0.2
nameserver 10.0.0.3
search a.example b.example.
options ndots:5 timeout:99 attempts:3 rotate
options attempts:1
`);
  assert.equal(
    config.servers.map(({ length }) => length),
    [4, 16, 4],
  );
  assert.equal(config.search, ["a.example", "b.example."]);
  assert.is(config.ndots, 5);
  assert.is(config.timeout, 30_000);
  assert.is(config.attempts, 1);
});

test("resolv.conf: what is not said", () => {
  assert.equal(parseResolvConf(""), {
    servers: [Uint8Array.of(127, 0, 0, 1)],
    search: [],
    ndots: 1,
    timeout: 5000,
    attempts: 2,
  });
  assert.equal(parseResolvConf("domain one.example\n").search, ["one.example"]);
});

test("services: by name or alias and protocol, the best known without the file", () => {
  const text = "http\t80/tcp\twww # web\ntalk 517/udp\nboth 7/udp\nboth 8/tcp\n";
  assert.is(lookupService(text, "www", "tcp"), 80);
  assert.is(lookupService(text, "talk", "tcp"), undefined);
  assert.is(lookupService(text, "talk", undefined), 517);
  assert.is(lookupService(text, "both", "tcp"), 8);
  assert.is(lookupService(undefined, "https", "tcp"), 443);
  assert.is(lookupService(undefined, "nothing", "tcp"), undefined);
});

test.run();
