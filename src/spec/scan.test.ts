import { test } from "uvu";
import * as assert from "uvu/assert";
import { positionAt, scanJson } from "./scan.ts";
import { fixtures } from "./testing.ts";

const fault = (text: string) => {
  const found = scanJson(text).fault;
  return found && `${found.line}:${found.column} expected ${found.expected}, found ${found.found}`;
};

test("every value is where its pointer says", () => {
  const text = '{\n  "a": [1, {"b/c": "x", "~": null}],\n  "d": -1.5e+3 }\n';
  const { places } = scanJson(text);
  const at = (pointer: string) => {
    const place = places.get(pointer);
    return place && text.slice(place.start, place.end);
  };
  assert.is(at("/a"), '[1, {"b/c": "x", "~": null}]');
  assert.is(at("/a/0"), "1");
  assert.is(at("/a/1/b~1c"), '"x"');
  assert.is(at("/a/1/~0"), "null");
  assert.is(at("/d"), "-1.5e+3");
  assert.is(at(""), text.trim());
  assert.is(at("/e"), undefined);
  assert.equal([...places.keys()].sort(), ["", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/a/1/~0", "/d"]);
});

test("a name that is there twice counts where JSON.parse takes it from", () => {
  const text = '{"a": 1, "a": 2}';
  const place = scanJson(text).places.get("/a");
  assert.equal(place, { start: 14, end: 15 });
  assert.is(JSON.parse(text).a, 2);
});

test("positions count lines and characters from 1", () => {
  assert.equal(positionAt("ab\ncd", 0), { line: 1, column: 1 });
  assert.equal(positionAt("ab\ncd", 2), { line: 1, column: 3 });
  assert.equal(positionAt("ab\ncd", 3), { line: 2, column: 1 });
  assert.equal(positionAt("ab\r\ncd", 5), { line: 2, column: 2 });
  // One character of two UTF-16 units.
  assert.equal(positionAt('"\u{1f40b}", 1', 6), { line: 1, column: 6 });
});

test("what is not JSON is told with its place", () => {
  assert.is(fault("{}"), undefined);
  assert.is(fault(""), "1:1 expected a value, found the end of the file");
  assert.is(fault('{"a": 1\n "b": 2}'), '2:2 expected `,` or `}`, found `"`');
  assert.is(fault('{"a": 1,\n}'), "2:1 expected a name in double quotes, found `}`");
  assert.is(fault("[1, 2"), "1:6 expected `,` or `]`, found the end of the file");
  assert.is(fault("[1,]"), "1:4 expected a value, found `]`");
  assert.is(fault('{"a" 1}'), "1:6 expected `:`, found `1`");
  assert.is(fault("{'a': 1}"), "1:2 expected a name in double quotes, found `'`");
  assert.is(fault('{"a": True}'), "1:7 expected a value, found `True`");
  assert.is(fault("{} x"), "1:4 expected the end of the file, found `x`");
  assert.is(fault("01"), "1:2 expected the end of the file, found `1`");
  assert.is(fault('["a\n"]'), '1:4 expected the closing `"` of the string, found the end of the line');
  assert.is(fault('["\\x"]'), "1:3 expected an escape of JSON, found `\\`");
  assert.is(fault("\ufeff{}"), "1:1 expected a value, found U+FEFF");
});

test("it takes exactly what JSON.parse takes", () => {
  const parses = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const [{ text = "" } = {}] = fixtures("ctr-2.1.9.config.json");
  const seed = JSON.stringify(JSON.parse(text)).slice(0, 400);
  for (let at = 0; at < seed.length; at++) {
    for (const insert of ["", ",", '"', "\\", "]", "{", "1", " ", "\t", "\u0001", "e", "-"]) {
      for (const cut of [0, 1, 2]) {
        const changed = seed.slice(0, at) + insert + seed.slice(at + cut);
        assert.is(scanJson(changed).fault === undefined, parses(changed), changed);
      }
    }
  }
  for (const { text } of fixtures(".json")) assert.is(fault(text), undefined);
});

test.run();
