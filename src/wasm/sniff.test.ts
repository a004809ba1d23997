import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FileKind, sniff } from "./sniff.ts";

const hex = (text: string) => Buffer.from(text, "hex");
const CASES: readonly (readonly [FileKind, Uint8Array])[] = [
  ["module", hex("0061736d01000000")],
  ["module", hex("0061736d02000000")],
  ["component", hex("0061736d0d000100")],
  ["unknown", hex("0061736d")],
  ["elf", hex("7f454c460201010000")],
  ["script", Buffer.from("#!/bin/sh\n")],
  ["text", Buffer.from("(module)")],
  ["text", Buffer.from(" ;; a comment\n(; another (one) ;)\n(module $name")],
  ["text", Buffer.from("(component)")],
  ["unknown", Buffer.from("(modules)")],
  ["unknown", Buffer.from("module")],
  ["unknown", Buffer.from("")],
  ["unknown", Buffer.from("plain text")],
];

for (const [kind, bytes] of CASES) {
  test(`${kind}: ${JSON.stringify(Buffer.from(bytes).toString("latin1"))}`, () => {
    assert.is(sniff(bytes), kind);
  });
}

test("a long comment takes no long time", () => {
  assert.is(sniff(Buffer.from("(;".repeat(10_000))), "unknown");
});

test.run();
