import { test } from "uvu";
import * as assert from "uvu/assert";
import { execCgroups } from "./exec.ts";

const V1 = { cpu: "/c/cpu/x", cpuacct: "/c/cpu/x", memory: "/c/memory/x", "": "/c/unified/x" };
const V2 = { "": "/c/x" };

test("without --cgroup they are the container's own", () => {
  assert.is(execCgroups(V1, []), V1);
});

test("a path alone is for every hierarchy, `/` is the container's own", () => {
  assert.equal(execCgroups(V2, ["a/b"]), { "": "/c/x/a/b" });
  assert.equal(execCgroups(V2, ["/"]), V2);
  assert.equal(execCgroups(V1, ["/a/./"]), {
    cpu: "/c/cpu/x/a",
    cpuacct: "/c/cpu/x/a",
    memory: "/c/memory/x/a",
    "": "/c/unified/x/a",
  });
});

test("controllers by name, repeated; the others stay, and are joined first", () => {
  const joined = execCgroups(V1, ["cpu:a", "memory:b"]);
  assert.equal(Object.entries(joined), [
    ["cpuacct", "/c/cpu/x"],
    ["", "/c/unified/x"],
    ["cpu", "/c/cpu/x/a"],
    ["memory", "/c/memory/x/b"],
  ]);
  assert.is(execCgroups(V1, ["cpu,cpuacct:a"]).cpuacct, "/c/cpu/x/a");
});

const refused: [paths: Record<string, string>, given: string[], text: string][] = [
  [V2, [".."], "use --cgroup `..`: bad sub cgroup path: it may not lead out of the container's cgroup"],
  [
    V1,
    ["cpu:a/../../b"],
    "use --cgroup `a/../../b`: bad sub cgroup path: it may not lead out of the container's cgroup",
  ],
  [V1, ["pids:a"], "use --cgroup `pids:a`: unknown controller pids"],
  [V2, ["cpu:a"], "use --cgroup `cpu:a`: unknown controller cpu"],
  [{}, ["cpu:a"], "use --cgroup `cpu:a`: unknown controller cpu"],
  [{}, ["a"], "use --cgroup `a`: the container has no cgroup"],
  [V1, ["cpu:a", "cpu:b"], "use --cgroup `cpu:b`: controller cpu is there twice"],
  [V1, ["cpu:a", "b"], "use --cgroup `b`: the prefix CONTROLLER: is missing"],
  [V1, ["cpu:a:b"], "use --cgroup `cpu:a:b`: it has more than one colon"],
];

for (const [paths, given, text] of refused) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => execCgroups(paths, given),
      (error: Error) => error.message === text,
    );
  });
}

test.run();
