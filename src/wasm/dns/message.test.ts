import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeAnswer, encodeQuery, TYPE } from "./message.ts";
import { answerTo } from "./testing.ts";

const ONE = Uint8Array.of(192, 0, 2, 1);
const TWO = Uint8Array.of(192, 0, 2, 2);
const query = encodeQuery(0x1234, "www.example.org", TYPE.a) as Uint8Array;

test("a question, byte by byte", () => {
  assert.is(
    Buffer.from(query).toString("hex"),
    "123401000001000000000000" + "03777777076578616d706c65036f7267" + "00" + "00010001",
  );
  assert.equal(encodeQuery(0x1234, "www.example.org.", TYPE.a), query);
});

test("names that can't be asked for", () => {
  for (const name of ["", ".", "a..b", ".a", `${"x".repeat(64)}.org`, `${"x.".repeat(128)}`]) {
    assert.is(encodeQuery(1, name, TYPE.a), undefined, name);
  }
});

test("addresses, by way of aliases", () => {
  const answer = answerTo(query, [
    { name: "www.example.org", type: TYPE.cname, data: "a.example.org" },
    { name: "a.example.org", type: TYPE.cname, data: "B.example.org" },
    { name: "b.example.org", type: TYPE.a, data: ONE },
    { name: "b.example.org", type: TYPE.a, data: TWO },
    { name: "other.example.org", type: TYPE.a, data: Uint8Array.of(9, 9, 9, 9) },
  ]);
  assert.equal(decodeAnswer(answer, 0x1234, "WWW.example.org", TYPE.a), {
    code: 0,
    truncated: false,
    canonical: "b.example.org",
    addresses: [ONE, TWO],
  });
});

test("answers to something else are none", () => {
  const answer = answerTo(query, [{ name: "www.example.org", type: TYPE.a, data: ONE }]);
  assert.is(decodeAnswer(answer, 0x1234, "www.example.org", TYPE.a)?.addresses.length, 1);
  assert.is(decodeAnswer(answer, 0x1235, "www.example.org", TYPE.a), undefined);
  assert.is(decodeAnswer(answer, 0x1234, "www.example.net", TYPE.a), undefined);
  assert.is(decodeAnswer(answer, 0x1234, "www.example.org", TYPE.aaaa), undefined);
  assert.is(decodeAnswer(query, 0x1234, "www.example.org", TYPE.a), undefined);
});

test("a loop of aliases ends, a name that points in circles is refused", () => {
  const loop = answerTo(query, [
    { name: "www.example.org", type: TYPE.cname, data: "a.example.org" },
    { name: "a.example.org", type: TYPE.cname, data: "www.example.org" },
  ]);
  assert.equal(decodeAnswer(loop, 0x1234, "www.example.org", TYPE.a)?.addresses, []);
  const circle = answerTo(query, [{ name: "www.example.org", type: TYPE.a, data: ONE }]);
  circle[query.length + 1] = query.length;
  assert.is(decodeAnswer(circle, 0x1234, "www.example.org", TYPE.a), undefined);
});

test("every cut and every changed byte is survived", () => {
  const answer = answerTo(query, [
    { name: "www.example.org", type: TYPE.cname, data: "a.example.org" },
    { name: "a.example.org", type: TYPE.a, data: ONE },
  ]);
  for (let length = 0; length < answer.length; length++) {
    assert.is(decodeAnswer(answer.subarray(0, length), 0x1234, "www.example.org", TYPE.a), undefined);
  }
  for (let at = 0; at < answer.length; at++) {
    for (const value of [0, 1, 0x3f, 0x40, 0xc0, 0xff]) {
      const changed = answer.slice();
      changed[at] = value;
      const { addresses = [] } = decodeAnswer(changed, 0x1234, "www.example.org", TYPE.a) ?? {};
      assert.ok(addresses.every(({ length: size }) => size === 4));
    }
  }
});

test("what the flags say", () => {
  const missing = answerTo(query, [], 0x8183);
  assert.is(decodeAnswer(missing, 0x1234, "www.example.org", TYPE.a)?.code, 3);
  const cut = answerTo(query, [], 0x8380);
  assert.is(decodeAnswer(cut, 0x1234, "www.example.org", TYPE.a)?.truncated, true);
});

test.run();
