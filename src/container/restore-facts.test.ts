import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CgroupPlan } from "../cgroup/driver.ts";
import type { Spec } from "../spec/types.ts";
import { cgroupRoots, descriptorsOf, externalSources, namespacesToJoin } from "./restore-facts.ts";

const hierarchy = (name: string, ...controllers: string[]) => ({
  controllers,
  mountPoint: `/sys/fs/cgroup/${name}`,
  directory: `/sys/fs/cgroup/${name}/box/id`,
  writes: [],
});
const cgroup = (kind: CgroupPlan["kind"]): CgroupPlan => ({
  kind,
  paths: {},
  hierarchies: [hierarchy("cpu,cpuacct", "cpu", "cpuacct"), hierarchy("unified", "")],
  optional: false,
});

test("cgroup roots: each hierarchy of v1 and the unified one beside them, from its root", () => {
  assert.equal(cgroupRoots(cgroup("v1")), [
    ["cpu,cpuacct", "/box/id"],
    ["", "/box/id"],
  ]);
  assert.equal(cgroupRoots(cgroup("v2")), []);
});

test("namespaces by path are inherited, joined, or refused; new ones are criu's", () => {
  const spec = (...namespaces: unknown[]) => ({ linux: { namespaces } }) as unknown as Spec;
  assert.equal(
    namespacesToJoin(spec({ type: "network", path: "/n" }, { type: "pid" }, { type: "uts", path: "/u" })),
    { external: [["extRootNetNS", "/n"]], joins: [["uts", "/u"]] },
  );
  assert.throws(
    () => namespacesToJoin(spec({ type: "pid" }, { type: "user", path: "/u" })),
    /another's user namespace/,
  );
});

test("mounts that are the host's: binds, devices, masked files, and cgroups without a namespace of them", () => {
  const spec = (...types: string[]) =>
    ({
      mounts: [
        { destination: "/data", type: "bind", source: "/nowhere", options: ["rbind"] },
        { destination: "/tmp", type: "tmpfs", source: "tmpfs" },
        { destination: "/cg", type: "cgroup", source: "cgroup" },
      ],
      linux: { devices: [{ path: "/dev/fuse" }], namespaces: types.map((type) => ({ type })) },
    }) as unknown as Spec;
  const always = [
    ["/dev/null", "/dev/null"],
    ["/dev/fuse", "/dev/fuse"],
    ["/data", "/nowhere"],
  ];
  assert.equal(externalSources(spec("cgroup"), cgroup("v1")), always);
  assert.equal(externalSources(spec(), cgroup("v1")), [
    ...always,
    ["/cg/cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/box/id"],
    ["/cg/unified", "/sys/fs/cgroup/unified/box/id"],
  ]);
});

test("descriptors: pipes alone; a file that is damaged or missing is told", () => {
  const directory = mkdtempSync(join(tmpdir(), "ocirt-"));
  try {
    assert.throws(() => descriptorsOf(directory), /ENOENT/);
    for (const wrong of ["{", "{}"]) {
      writeFileSync(join(directory, "descriptors.json"), wrong);
      assert.throws(() => descriptorsOf(directory), /it is damaged/);
    }
    writeFileSync(join(directory, "descriptors.json"), '["pipe:[1]","/dev/null","pipe:[2]","pipe:[3]"]');
    assert.equal(descriptorsOf(directory), [
      ["pipe:[1]", 0],
      ["pipe:[2]", 2],
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
