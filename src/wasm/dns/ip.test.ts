import { test } from "uvu";
import * as assert from "uvu/assert";
import { mapped, parseIp, parseIpv4, parseIpv6 } from "./ip.ts";

test("IPv4: four decimal numbers", () => {
  assert.equal(parseIpv4("127.0.0.1"), Uint8Array.of(127, 0, 0, 1));
  assert.equal(parseIpv4("255.255.255.255"), Uint8Array.of(255, 255, 255, 255));
  for (const text of ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.x", "1.2.3.", "0x1.2.3.4"]) {
    assert.is(parseIpv4(text), undefined, text);
  }
});

test("IPv6: groups, one run of zeros left out, an IPv4 tail", () => {
  const hex = (text: string) => parseIpv6(text) && Buffer.from(parseIpv6(text) as Uint8Array).toString("hex");
  assert.is(hex("::"), "0".repeat(32));
  assert.is(hex("::1"), `${"0".repeat(31)}1`);
  assert.is(hex("2001:db8::ff00:42:8329"), "20010db8000000000000ff0000428329");
  assert.is(hex("1:2:3:4:5:6:7:8"), "00010002000300040005000600070008");
  assert.is(hex("fe80::"), `fe80${"0".repeat(28)}`);
  assert.is(hex("::ffff:1.2.3.4"), `${"0".repeat(20)}ffff01020304`);
  for (const text of [
    "",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::1%eth0",
    "g::",
  ]) {
    assert.is(parseIpv6(text), undefined, text);
  }
  assert.is(parseIpv6("1:2:3:4:5:6:7:8::"), undefined);
});

test("either, and IPv4 as IPv6", () => {
  assert.is(parseIp("1.2.3.4")?.length, 4);
  assert.is(parseIp("::1")?.length, 16);
  assert.is(parseIp("localhost"), undefined);
  assert.equal(mapped(Uint8Array.of(1, 2, 3, 4)), parseIpv6("::ffff:1.2.3.4"));
});

test.run();
