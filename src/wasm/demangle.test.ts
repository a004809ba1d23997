import { test } from "uvu";
import * as assert from "uvu/assert";
import { demangle } from "./demangle.ts";

test("names of Rust's older scheme", () => {
  for (const [name, text] of [
    ["_ZN16standard_library4main17hcaf397a2f99a657cE", "standard_library::main"],
    [
      "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h8402577f894fb6e8E.llvm.69647",
      "std::rt::lang_start::{{closure}}",
    ],
    ["_ZN3std10$u110000$x17h0123456789abcdefE", "std::$u110000$x"],
    ["_ZN3std8$u1b$[2J17h0123456789abcdefE", "std::$u1b$[2J"],
    [
      "_ZN50_$LT$$RF$mut$u20$W$u20$as$u20$core..fmt..Write$GT$9write_str17h0123456789abcdefE",
      "<&mut W as core::fmt::Write>::write_str",
    ],
  ] as const) {
    assert.is(demangle(name), text);
  }
});

test("any other name stays as it is", () => {
  for (const name of [
    "main",
    "",
    "_ZN",
    "_ZN9",
    "_ZN3std",
    "_ZN3stdE",
    "_ZN99999std17h0123456789abcdefE",
    "_ZN17h0123456789abcdefE",
    "_ZNK4node3nameEv",
  ]) {
    assert.is(demangle(name), name, name);
  }
});

test.run();
