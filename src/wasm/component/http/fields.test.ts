import { test } from "uvu";
import * as assert from "uvu/assert";
import { declaredLength, Fields, fieldsFunctions } from "./fields.ts";
import { text } from "./head.ts";

const call = (name: string, ...args: unknown[]) =>
  (fieldsFunctions[name] as (...args: unknown[]) => unknown)(...args);

test("what could end a field or be the connection's is refused", () => {
  const fields = new Fields();
  for (const [name, value, tag] of [
    ["x y", "v", "invalid-syntax"],
    ["x", "v\r\ny: z", "invalid-syntax"],
    ["x", "v\0", "invalid-syntax"],
    ["Transfer-Encoding", "chunked", "forbidden"],
    ["host", "other", "forbidden"],
  ] as const) {
    assert.equal(call("[method]fields.append", fields, name, text(value)), { error: { tag } }, name);
  }
  assert.equal(call("[static]fields.from-list", [["connection", text("close")]]), {
    error: { tag: "forbidden" },
  });
  assert.equal(call("[method]fields.append", fields.frozen(), "x", text("v")), {
    error: { tag: "immutable" },
  });
});

test("names are equal in any case; set replaces, append adds", () => {
  const fields = new Fields();
  call("[method]fields.append", fields, "X-A", text("1"));
  call("[method]fields.append", fields, "x-a", text("2"));
  assert.equal(fields.get("x-A"), [text("1"), text("2")]);
  call("[method]fields.set", fields, "x-a", [text("3")]);
  assert.equal(fields.get("X-A"), [text("3")]);
  call("[method]fields.delete", fields, "X-A");
  assert.equal(fields.all, []);
});

test("as many as a component makes", () => {
  const many = Array.from({ length: 1_000_000 }, () => ["x", text("v")] as const);
  const fields = new Fields(many);
  fields.remove("y");
  assert.is(fields.all.length, many.length);
});

test("a declared length is one length", () => {
  const length = (...values: string[]) =>
    declaredLength(new Fields(values.map((value) => ["Content-Length", text(value)] as const)));
  assert.is(length(), undefined);
  assert.is(length("12"), 12);
  for (const wrong of [["1", "1"], ["-1"], ["1e3"], ["abc"], [""], ["9999999999999999"]]) {
    assert.throws(() => length(...wrong), /no length/, wrong.join());
  }
});

test.run();
