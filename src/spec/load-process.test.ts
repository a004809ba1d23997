import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseProcess } from "./load-process.ts";
import { errorOf, fixtures } from "./testing.ts";

test("the processes of real engines are valid and come out as they are", () => {
  const processes = fixtures(".process.json");
  assert.ok(processes.length >= 4);
  for (const { name, text } of processes)
    assert.equal(parseProcess(text, name, true), JSON.parse(text), name);
});

test("null is not there, and 64-bit integers are exact", () => {
  const text = `{"cwd": "/", "args": ["x"], "env": null,
    "rlimits": [{"type": "RLIMIT_CORE", "soft": 1, "hard": 18446744073709551615}]}`;
  const process = parseProcess(text, "p", true);
  assert.is("env" in process, false);
  assert.is(process.rlimits?.[0]?.hard, 18446744073709551615n);
});

test("all problems are told at once, by their place in the file", () => {
  const text = `{
  "args": ["sh", 42],
  "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": 10, "hard": 5 }],
  "cwd": "tmp"
}`;
  assert.is(
    errorOf(() => parseProcess(text, "/p.json", true)),
    `validate \`/p.json\`: 3 problems
  line 2, column 18: /args/1: expected a string, found 42
  line 3, column 50: /rlimits/0/soft: expected at most the hard limit 5, found 10
  line 4, column 10: /cwd: expected an absolute path, found "tmp"`,
  );
  assert.is(
    errorOf(() => parseProcess("{", "/p.json", true)).startsWith("parse `/p.json`: line 1, column 2: "),
    true,
  );
});

test("what can't be read again is refused without its places", () => {
  const text =
    "validate `/dev/fd/3`: it is not a process of the specification; give it as an ordinary file to be told where it is not";
  for (const input of ["", "{", "[]", '{"cwd": "x"}']) {
    assert.is(
      errorOf(() => parseProcess(input, "/dev/fd/3", false)),
      text,
    );
  }
});

test.run();
