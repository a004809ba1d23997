import { test } from "uvu";
import * as assert from "uvu/assert";
import { missingLine, planIntelRdt } from "./intel-rdt.ts";

test("without closID the class is the container's own", () => {
  assert.equal(planIntelRdt({ l3CacheSchema: "L3:0=f" }, "c1"), {
    group: "c1",
    own: true,
    schemata: ["L3:0=f"],
    monitor: undefined,
  });
});

test("closID names a class that others may share; / is the default one", () => {
  assert.equal(planIntelRdt({ closID: "fast", enableMonitoring: true }, "c1"), {
    group: "fast",
    own: false,
    schemata: [],
    monitor: "fast/mon_groups/c1",
  });
  const root = planIntelRdt({ closID: "/", enableCMT: true }, "c1");
  assert.is(root.group, "");
  assert.is(root.monitor, "mon_groups/c1");
});

test("a bandwidth of l3CacheSchema gives way to memBwSchema; schemata come after", () => {
  const both = { l3CacheSchema: "L3:0=f\nMB:0=10\n", memBwSchema: "MB:0=20", schemata: ["L2:0=3"] };
  assert.equal(planIntelRdt(both, "c1").schemata, ["L3:0=f", "MB:0=20", "L2:0=3"]);
  assert.equal(planIntelRdt({ l3CacheSchema: "L3:0=f\nMB:0=10" }, "c1").schemata, ["L3:0=f", "MB:0=10"]);
});

test("a closID that is no name is refused", () => {
  for (const closID of ["..", "a/b", "../x", "."]) {
    assert.throws(() => planIntelRdt({ closID }, "c1"), /\/linux\/intelRdt\/closID/);
  }
});

test("what a class has is compared by resource, domain and value", () => {
  const present = "    MB:0=  20;1=100\n    L3:0=000ff;1=7\n";
  assert.is(missingLine(["L3:1=7;0=FF", "MB:0=20"], present), undefined);
  assert.is(missingLine(["MB:0=20", "L3:0=f"], present), "L3:0=f");
  assert.is(missingLine(["L2:0=1"], present), "L2:0=1");
});

test.run();
