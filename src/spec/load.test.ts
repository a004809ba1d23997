import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { SpecError } from "./explain.ts";
import { loadSpec, parseSpec } from "./load.ts";
import { config, errorOf, fixtures } from "./testing.ts";

const error = (text: string) => errorOf(() => parseSpec(text, "/b/config.json"));

test("the configs of real engines are valid and come out as they are", () => {
  const configs = fixtures(".config.json");
  assert.ok(configs.length >= 7);
  for (const { name, text } of configs) assert.equal(parseSpec(text, name), JSON.parse(text), name);
});

test("all problems are told at once, by their place in the file", () => {
  const text = `{
  "ociVersion": "1.3.0",
  "process": {
    "args": ["sh", 42],
    "cwd": "tmp",
    "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": 10, "hard": 5 }]
  },
  "linux": {
    "namespaces": [{ "type": "pid" }, { "type": "mount" }, { "type": "pid" }],
    "resources": { "memory": { "limit": "1g" } },
    "seccomp": {}
  }
}`;
  assert.is(
    error(text),
    `validate \`/b/config.json\`: 7 problems
  line 1, column 1: /root: required on Linux, but missing
  line 4, column 20: /process/args/1: expected a string, found 42
  line 5, column 12: /process/cwd: expected an absolute path, found "tmp"
  line 6, column 52: /process/rlimits/0/soft: expected at most the hard limit 5, found 10
  line 9, column 60: /linux/namespaces/2: the namespace \`pid\` is there twice
  line 10, column 41: /linux/resources/memory/limit: expected an integer, found "1g"
  line 11, column 16: /linux/seccomp/defaultAction: required, but missing`,
  );
});

test("one problem is on the same line, and each is there as a value", () => {
  const text = config({ process: { cwd: "/", args: [] } });
  assert.is(
    error(text),
    "validate `/b/config.json`: line 1, column 76: /process/args: expected at least 1 entry, found an empty array",
  );
  try {
    parseSpec(text, "/b/config.json");
    assert.unreachable();
  } catch (thrown) {
    assert.equal((thrown as SpecError).problems, [
      {
        pointer: "/process/args",
        line: 1,
        column: 76,
        text: "expected at least 1 entry, found an empty array",
      },
    ]);
    assert.is((thrown as SpecError).exitCode, 1);
  }
});

test("what is not JSON is told with line and column", () => {
  assert.is(
    error('{\n  "ociVersion": "1.3.0",\n}'),
    "parse `/b/config.json`: line 3, column 1: expected a name in double quotes, found `}`",
  );
  assert.is(
    error(""),
    "parse `/b/config.json`: line 1, column 1: expected a value, found the end of the file",
  );
  assert.is(
    error("[]"),
    "validate `/b/config.json`: line 1, column 1: expected an object, found an empty array",
  );
  assert.is(error("null"), "validate `/b/config.json`: line 1, column 1: expected an object, found null");
});

test("an unsupported version is refused by name, and nothing else is asked of its config", () => {
  for (const version of ["2.0.0", "0.5.0", "1.0", "1.0.0.0", "v1.0.0", "1.00.0", ""]) {
    assert.is(
      error(`{"ociVersion": "${version}", "process": 1}`),
      `validate \`/b/config.json\`: line 1, column 16: /ociVersion: version \`${version}\` is not supported; supported are 1.0.0 to 1.3.0 and any later 1.x`,
    );
  }
  for (const version of ["1.0.0", "1.0.0-rc5", "1.0.2-dev", "1.2.1+dev", "1.3.0", "1.14.2"]) {
    assert.is(parseSpec(config({ ociVersion: version }), "c").ociVersion, version);
  }
  assert.match(error('{"ociVersion": 1}'), "/ociVersion: expected a string, found 1");
  assert.match(error("{}"), "/ociVersion: required, but missing");
});

test("a null member is one that is not there", () => {
  const spec = parseSpec(
    config({ mounts: null, process: { cwd: "/", args: null, env: ["a"], user: { uid: null } } }),
    "c",
  );
  assert.not.ok("mounts" in spec);
  assert.equal(spec.process, { cwd: "/", env: ["a"], user: {} });
  assert.match(error(config({ root: { path: null } })), "/root/path: expected a value, found null");
  assert.match(
    error(config({ process: { cwd: "/", args: ["a", null] } })),
    "/process/args/1: expected a string, found null",
  );
  assert.equal(parseSpec(config({ hostname: undefined, annotations: { a: ", null " } }), "c").annotations, {
    a: ", null ",
  });
});

test("unknown properties are accepted everywhere", () => {
  const text = config({
    x: 1,
    process: { cwd: "/", y: { z: [] } },
    linux: { namespaces: [{ type: "mount", w: 18446744073709551617n.toString() }] },
  });
  assert.is((parseSpec(text, "c") as unknown as { x: number }).x, 1);
});

const limits = (soft: string, hard: string) =>
  config().replace('"cwd":"/"', `"cwd":"/","rlimits":[{"type":"RLIMIT_CORE","soft":${soft},"hard":${hard}}]`);

test("64-bit integers are exact", () => {
  const rlimit = (soft: string, hard: string) => parseSpec(limits(soft, hard), "c").process?.rlimits?.[0];
  assert.equal(rlimit("9007199254740993", "18446744073709551615"), {
    type: "RLIMIT_CORE",
    soft: 9007199254740993n,
    hard: 18446744073709551615n,
  });
  assert.equal(rlimit("9007199254740991", "9007199254740991"), {
    type: "RLIMIT_CORE",
    soft: 9007199254740991,
    hard: 9007199254740991,
  });
  assert.match(
    error(limits("1", "18446744073709551616")),
    "/process/rlimits/0/hard: expected at most 18446744073709551615, found 18446744073709551616",
  );
  assert.match(error(limits("-1", "1")), "/process/rlimits/0/soft: expected at least 0, found -1");
  assert.match(error(limits("0.5", "1")), "/process/rlimits/0/soft: expected an integer, found 0.5");
});

test("the bounds of int64 are exact", () => {
  const memory = (limit: string) =>
    config({ linux: { resources: { memory: { limit: 1 } }, namespaces: [{ type: "mount" }] } }).replace(
      '"limit":1',
      `"limit":${limit}`,
    );
  assert.is(
    parseSpec(memory("9223372036854775807"), "c").linux?.resources?.memory?.limit,
    9223372036854775807n,
  );
  assert.match(
    error(memory("9223372036854775808")),
    "/linux/resources/memory/limit: expected at most 9223372036854775807, found 9223372036854775808",
  );
  assert.match(error(memory("-9223372036854775808")), "limit: expected bytes, or -1 for no limit");
  assert.match(error(memory("-9223372036854775809")), "limit: expected at least -9223372036854775808");
  assert.match(error(memory("1e400")), "limit: expected an integer, found 1e400");
});

test("a missing bundle and a missing config are told apart", () => {
  const bundle = mkdtempSync(join(tmpdir(), "spec-"));
  try {
    const path = join(bundle, "config.json");
    const load = (directory: string, file = join(directory, "config.json")) =>
      errorOf(() => loadSpec(directory, file));
    assert.is(
      load(join(bundle, "x")),
      `open the bundle \`${bundle}/x\`: no such file or directory (ENOENT); a bundle is a directory with config.json in it`,
    );
    assert.is(
      load(bundle),
      `read the configuration \`${path}\`: no such file or directory (ENOENT); \`ocirt spec\` writes a default one`,
    );
    writeFileSync(path, config());
    assert.equal(loadSpec(bundle, path), JSON.parse(config()));
    assert.is(
      load(path),
      `open the bundle \`${path}\`: not a directory (ENOTDIR); a bundle is a directory with config.json in it`,
    );
    assert.is(load(bundle, bundle), `read the configuration \`${bundle}\`: is a directory (EISDIR)`);
  } finally {
    rmSync(bundle, { recursive: true });
  }
});

test("a text that is nested without end is refused by its name", () => {
  assert.throws(
    () => parseSpec("[".repeat(1_000_000), "/b/config.json"),
    /^parse `\/b\/config\.json`: .*nested too deeply/,
  );
});

test.run();
