import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { explain as explainConfig } from "../../build/generated/explain-config.js";
import { explain as explainFeatures } from "../../build/generated/explain-features.js";
import { explain as explainProcess } from "../../build/generated/explain-process.js";
import { explain as explainResources } from "../../build/generated/explain-resources.js";
import { explain as explainState } from "../../build/generated/explain-state.js";
import { validate } from "../../build/generated/validate-config.js";
import { PATTERNS } from "./expectation.ts";
import { pointerToken } from "./pointer.ts";
import { fixtures } from "./testing.ts";

const SCHEMAS = new URL("../../schemas/", import.meta.url);

interface Node {
  readonly [keyword: string]: unknown;
}

/** Every object of the schemas. */
function nodes(): Node[] {
  const found: Node[] = [];
  const walk = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    if (!Array.isArray(value)) found.push(value as Node);
    Object.values(value).forEach(walk);
  };
  for (const name of readdirSync(SCHEMAS)) walk(JSON.parse(readFileSync(new URL(name, SCHEMAS), "utf8")));
  return found;
}

/** Each scalar of a document, with a way to put another value in its place for a while. */
function scalars(
  document: unknown,
): { pointer: string; value: unknown; replaced: (value: unknown) => unknown }[] {
  const found: ReturnType<typeof scalars> = [];
  const walk = (value: unknown, pointer: string, put: (value: unknown) => unknown) => {
    if (typeof value !== "object" || value === null) {
      found.push({ pointer, value, replaced: put });
      return;
    }
    for (const [name, member] of Object.entries(value)) {
      walk(member, `${pointer}/${pointerToken(name)}`, (other) =>
        put(Array.isArray(value) ? value.with(Number(name), other) : { ...value, [name]: other }),
      );
    }
  };
  walk(document, "", (value) => value);
  return found;
}

test("a value of another type anywhere is found by both validators, at its place", () => {
  let tried = 0;
  for (const { name, text } of fixtures(".config.json")) {
    const document = JSON.parse(text) as unknown;
    assert.ok(validate(document), name);
    assert.equal(explainConfig(document), []);
    for (const { pointer, value, replaced } of scalars(document)) {
      const changed = replaced(typeof value === "string" ? 42 : String(value));
      assert.not(validate(changed), `${name} ${pointer}`);
      assert.equal(
        explainConfig(changed)
          .map(({ instancePath, keyword }) => `${instancePath} ${keyword}`)
          .slice(0, 1),
        [`${pointer} type`],
      );
      tried++;
    }
  }
  assert.ok(tried > 3000);
});

test("an object in place of an array, and the other way round, is found", () => {
  const base = JSON.parse(fixtures("docker-20.10.24.config.json")[0]?.text ?? "");
  for (const [name, value] of Object.entries(base)) {
    if (typeof value !== "object") continue;
    const changed = { ...base, [name]: Array.isArray(value) ? {} : [] };
    assert.not(validate(changed), name);
    assert.is(explainConfig(changed)[0]?.instancePath, `/${name}`);
  }
});

test("exec's process, update's resources and features of real runtimes satisfy their schemas", () => {
  const kinds = [
    [".process.json", explainProcess],
    [".update.json", explainResources],
    [".runc.json", explainFeatures],
    [".crun.json", explainFeatures],
  ] as const;
  for (const [suffix, explain] of kinds) {
    const files = fixtures(suffix);
    assert.ok(files.length > 0, suffix);
    for (const { name, text } of files) assert.equal(explain(JSON.parse(text)), [], name);
  }
});

test("features and state that are wrong are not", () => {
  const places = (faults: readonly { instancePath: string; keyword: string }[]) =>
    faults.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
  assert.equal(places(explainFeatures({ ociVersionMin: "1.0.0", hooks: ["start"] })), [
    " required",
    "/hooks/0 enum",
  ]);
  assert.equal(
    places(explainFeatures({ ociVersionMin: "1.0.0", ociVersionMax: "1.3.0", linux: { cgroup: { v1: 1 } } })),
    ["/linux/cgroup/v1 type"],
  );
  const state = { ociVersion: "1.3.0", id: "a", status: "running", pid: 12, bundle: "/b", owner: "root" };
  assert.equal(explainState(state), []);
  assert.equal(explainState({ ...state, status: "stopped", pid: 0, annotations: { a: "b" } }), []);
  assert.equal(places(explainState({ ...state, status: "done", bundle: "b" })), [
    "/status enum",
    "/bundle pattern",
  ]);
  assert.equal(places(explainState({ ...state, pid: -1, annotations: { a: 1 } })), [
    "/pid minimum",
    "/annotations/a type",
  ]);
});

test("every pattern of the schemas of a config has words", () => {
  const inFeatures = JSON.parse(readFileSync(new URL("features.json", SCHEMAS), "utf8"));
  const own = JSON.stringify(inFeatures.properties);
  const patterns = nodes().flatMap(({ pattern }) => (typeof pattern === "string" ? [pattern] : []));
  assert.ok(patterns.length > 5);
  for (const pattern of patterns) {
    assert.ok(Object.hasOwn(PATTERNS, pattern) || own.includes(JSON.stringify(pattern)), pattern);
  }
  for (const pattern of Object.keys(PATTERNS))
    assert.ok(patterns.includes(pattern), `${pattern} is not used`);
});

test("every integer has both bounds, which the hot validator relies on to refuse infinity", () => {
  const integers = nodes().filter(({ type }) => type === "integer");
  assert.ok(integers.length > 10);
  for (const { minimum, maximum } of integers) {
    assert.type(minimum, "number");
    assert.type(maximum, "number");
  }
  const text = '{"ociVersion":"1.3.0","process":{"cwd":"/","oomScoreAdj":1e999}}';
  assert.not(validate(JSON.parse(text)));
});

test("unknown properties are refused nowhere", () => {
  for (const node of nodes()) {
    assert.is.not(node.additionalProperties, false);
    assert.is(node.propertyNames, undefined);
    assert.is(node.unevaluatedProperties, undefined);
  }
});

test.run();
