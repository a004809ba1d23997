import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeFilter } from "./seccomp-data.ts";

test("base64 of any length, with padding or without", () => {
  for (const size of [8, 16, 24, 32, 40]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 37 + 251) & 255);
    const text = Buffer.from(bytes).toString("base64");
    assert.equal([...decodeFilter(text)], [...bytes]);
    assert.equal([...decodeFilter(`${text.replace(/=+$/, "")}\n`)], [...bytes]);
  }
});

test("what is no filter is refused with the annotation's place", () => {
  for (const [text, reason] of [
    ["", "0 bytes"],
    ["AAAA", "3 bytes are no whole number of instructions"],
    ["A-AA", "`-` is no digit of base64"],
    [Buffer.alloc(8 * 4097).toString("base64"), "the kernel takes 32768 bytes, not 32776"],
  ] as const) {
    assert.throws(
      () => decodeFilter(text),
      (error: Error) =>
        error.message.includes(reason) && error.message.includes("/annotations/run.oci.seccomp_bpf_data"),
    );
  }
});

test.run();
