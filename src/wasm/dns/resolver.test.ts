import { test } from "uvu";
import * as assert from "uvu/assert";
import { TYPE } from "./message.ts";
import { candidates, type ResolverHost, resolve } from "./resolver.ts";
import { answerTo, type TestRecord } from "./testing.ts";

const ONE = Uint8Array.of(192, 0, 2, 1);
const SIX = Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1]);
const ETIMEDOUT = 110;

interface Question {
  readonly server: string;
  readonly tcp: boolean;
  readonly name: string;
  readonly type: number;
  readonly timeout: number;
}

/** A network of servers: what each says to a question, "silent", or the flags of a refusal. */
function network(
  files: Record<string, string>,
  say: (question: Question) => readonly TestRecord[] | number | "silent",
): { host: ResolverHost; asked: Question[] } {
  const asked: Question[] = [];
  const host: ResolverHost = {
    readText: (path) => files[path],
    native: {
      dnsExchange(server, port, tcp, query, buffer, timeout) {
        assert.is(port, 53);
        const labels: string[] = [];
        let at = 12;
        for (; query[at] !== 0; at += (query[at] as number) + 1) {
          labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + (query[at] as number))));
        }
        const type = query[at + 2] as number;
        const question = { server: server.join("."), tcp, name: labels.join("."), type, timeout };
        asked.push(question);
        const said = say(question);
        if (said === "silent") return -ETIMEDOUT;
        const answer = typeof said === "number" ? answerTo(query, [], said) : answerTo(query, said);
        buffer.set(answer);
        return answer.length;
      },
    },
  };
  return { host, asked };
}

const resolvConf = (text: string) => ({ "/etc/resolv.conf": text });
const NXDOMAIN = 0x8183;
const SERVFAIL = 0x8182;
const TRUNCATED = 0x8380;

test("/etc/hosts comes first, and localhost is never asked for", () => {
  const { host, asked } = network({ "/etc/hosts": "10.0.0.1 box\n::1 box\n" }, () => NXDOMAIN);
  assert.equal(resolve(host, "box", [4]), {
    kind: "found",
    canonical: "box",
    addresses: [Uint8Array.of(10, 0, 0, 1)],
  });
  const six = resolve(host, "box", [6, 4]);
  assert.equal(six.kind === "found" && six.addresses.map(({ length }) => length), [16, 4]);
  for (const name of ["localhost", "LocalHost.", "sub.localhost"]) {
    const local = resolve(host, name, [4]);
    assert.equal(local.kind === "found" && local.addresses, [Uint8Array.of(127, 0, 0, 1)], name);
  }
  assert.is(asked.length, 0);
});

test("both families are asked for, in the order wanted", () => {
  const { host, asked } = network(resolvConf("nameserver 10.0.0.1\n"), ({ name, type }) =>
    type === TYPE.a ? [{ name, type, data: ONE }] : [{ name, type, data: SIX }],
  );
  assert.equal(resolve(host, "example.org", [4, 6]), {
    kind: "found",
    canonical: "example.org",
    addresses: [ONE, SIX],
  });
  assert.equal(
    asked.map(({ type }) => type),
    [TYPE.a, TYPE.aaaa],
  );
  assert.ok(asked.every(({ timeout, tcp }) => timeout === 5000 && !tcp));
});

test("a silent server is passed over, in as many rounds as configured", () => {
  const conf = "nameserver 10.0.0.1\nnameserver 10.0.0.2\noptions attempts:2 timeout:1\n";
  const second = network(resolvConf(conf), ({ server, name, type }) =>
    server === "10.0.0.2" ? [{ name, type, data: ONE }] : "silent",
  );
  assert.is(resolve(second.host, "example.org", [4]).kind, "found");
  assert.is(second.asked.length, 2);
  const none = network(resolvConf(conf), () => "silent");
  assert.equal(resolve(none.host, "example.org", [4]), { kind: "again" });
  assert.is(none.asked.length, 4);
  assert.is(none.asked[0]?.timeout, 1000);
});

test("an answer that was cut is asked for again over TCP", () => {
  const { host, asked } = network(resolvConf("nameserver 10.0.0.1\n"), ({ tcp, name, type }) =>
    tcp ? [{ name, type, data: ONE }] : TRUNCATED,
  );
  assert.is(resolve(host, "example.org", [4]).kind, "found");
  assert.equal(
    asked.map(({ tcp }) => tcp),
    [false, true],
  );
});

test("no such name ends the search among servers; a server's failure doesn't", () => {
  const conf = "nameserver 10.0.0.1\nnameserver 10.0.0.2\noptions attempts:1\n";
  const missing = network(resolvConf(conf), () => NXDOMAIN);
  assert.equal(resolve(missing.host, "example.org", [4]), { kind: "none" });
  assert.is(missing.asked.length, 1);
  const broken = network(resolvConf(conf), () => SERVFAIL);
  assert.equal(resolve(broken.host, "example.org", [4]), { kind: "failed" });
  assert.is(broken.asked.length, 2);
  assert.equal(resolve(network(resolvConf(conf), () => []).host, "example.org", [4]), { kind: "none" });
});

test("the search list completes short names", () => {
  const config = { search: ["a.example", "b.example."], ndots: 1 };
  assert.equal(candidates("box", config), ["box.a.example", "box.b.example", "box"]);
  assert.equal(candidates("box.sub", config), ["box.sub", "box.sub.a.example", "box.sub.b.example"]);
  assert.equal(candidates("box.", config), ["box."]);
  assert.equal(candidates("a.b.c", { ...config, ndots: 5 }), ["a.b.c.a.example", "a.b.c.b.example", "a.b.c"]);
  const { host } = network(
    resolvConf("nameserver 10.0.0.1\nsearch a.example b.example\n"),
    ({ name, type }) => (name === "box.b.example" ? [{ name, type, data: ONE }] : NXDOMAIN),
  );
  const found = resolve(host, "box", [4]);
  assert.is(found.kind === "found" && found.canonical, "box.b.example");
});

test("a name that is none is not asked for", () => {
  const { host, asked } = network(resolvConf(""), () => NXDOMAIN);
  assert.equal(resolve(host, "a..b", [4]), { kind: "none" });
  assert.is(asked.length, 0);
});

test.run();
