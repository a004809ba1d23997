import { test } from "uvu";
import * as assert from "uvu/assert";
import { annotatedProperties } from "./variant.ts";

const property = (name: string, text: string) =>
  annotatedProperties({ [`org.systemd.property.${name}`]: text });

test("booleans, texts, numbers with and without their type, lists", () => {
  assert.equal(property("Delegate", "true"), [["Delegate", "b", true]]);
  assert.equal(property("CollectMode", "'inactive-or-failed'"), [["CollectMode", "s", "inactive-or-failed"]]);
  assert.equal(property("Description", '"it\\"s"'), [["Description", "s", 'it"s']]);
  assert.equal(property("CPUWeight", "uint64 200"), [["CPUWeight", "t", 200n]]);
  assert.equal(property("Some", "42"), [["Some", "i", 42]]);
  assert.equal(property("Some", "-7"), [["Some", "i", -7]]);
  assert.equal(property("Some", "byte 0x1f"), [["Some", "y", 31]]);
  assert.equal(property("After", "['a.service', 'b, c.service']"), [
    ["After", "as", ["a.service", "b, c.service"]],
  ]);
});

test("seconds become the microseconds that the property really is", () => {
  assert.equal(property("TimeoutStopSec", "uint64 5"), [["TimeoutStopUSec", "t", 5_000_000n]]);
  assert.equal(property("TimeoutStopSec", "3"), [["TimeoutStopUSec", "t", 3_000_000n]]);
  assert.equal(property("CPUQuotaPerSecUSec", "uint64 7"), [["CPUQuotaPerSecUSec", "t", 7n]]);
});

test("other annotations are none of its business; wrong values are refused by their name", () => {
  assert.equal(annotatedProperties({ "run.oci.handler": "wasm" }), []);
  for (const text of ["", "maybe", "'open", "['a', 1]", "[]", "uint64", "uint64 x", "{'a': 1}"]) {
    assert.throws(() => property("Some", text), /\/annotations\/org\.systemd\.property\.Some/, text);
  }
  assert.throws(() => property("So me", "true"), /no name of a property/);
});

test.run();
