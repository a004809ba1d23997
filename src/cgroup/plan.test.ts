import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import type { Linux, Spec } from "../spec/types.ts";
import type { CgroupMode } from "./mode.ts";
import { type CgroupOptions, cgroupDirForClone, cgroupDirsToJoin, planCgroup } from "./plan.ts";

const spec = (linux: Linux): Spec => ({ ociVersion: "1.3.0", linux });
const own = () =>
  new Map(["", "cpu", "memory", "devices", "name=systemd"].map((name) => [name, "/user.slice"]));

const hierarchy = (...controllers: string[]) => ({
  controllers,
  mountPoint: `/sys/fs/cgroup/${controllers.join(",").replace("name=", "")}`,
  root: "/",
});
const V1: CgroupMode = {
  kind: "v1",
  hierarchies: [
    hierarchy("cpu", "cpuacct"),
    hierarchy("memory"),
    hierarchy("devices"),
    hierarchy("name=systemd"),
  ],
  own,
};
const HYBRID: CgroupMode = {
  ...V1,
  kind: "hybrid",
  unified: { mountPoint: "/sys/fs/cgroup/unified", root: "/" },
};
const V2: CgroupMode = {
  kind: "v2",
  hierarchies: [],
  unified: { mountPoint: "/sys/fs/cgroup", root: "/" },
  own,
};
const NONE: CgroupMode = { kind: "none", hierarchies: [], own };

function reasonOf(mode: CgroupMode, linux: Linux, options?: CgroupOptions) {
  try {
    planCgroup(spec(linux), "c1", mode, options);
  } catch (error) {
    assert.instance(error, OcirtError);
    return [(error as OcirtError).facts.pointer, (error as OcirtError).facts.reason];
  }
  throw new Error("nothing was thrown");
}

test("v1: a directory in each hierarchy, each with the limits of its controllers", () => {
  const resources = { cpu: { shares: 512 }, memory: { limit: 4096 } };
  const plan = planCgroup(spec({ cgroupsPath: "/pod/c1", resources }), "c1", V1);
  assert.equal(plan.paths, {
    cpu: "/sys/fs/cgroup/cpu,cpuacct/pod/c1",
    cpuacct: "/sys/fs/cgroup/cpu,cpuacct/pod/c1",
    memory: "/sys/fs/cgroup/memory/pod/c1",
    devices: "/sys/fs/cgroup/devices/pod/c1",
    "name=systemd": "/sys/fs/cgroup/systemd/pod/c1",
  });
  const files = plan.hierarchies.map(({ writes }) => [...new Set(writes.map((write) => write.file))]);
  assert.equal(files, [["cpu.shares"], ["memory.limit_in_bytes"], ["devices.deny", "devices.allow"], []]);
  assert.is(cgroupDirForClone(plan.paths), undefined);
  assert.equal(cgroupDirsToJoin(plan.paths), [
    "/sys/fs/cgroup/cpu,cpuacct/pod/c1",
    "/sys/fs/cgroup/memory/pod/c1",
    "/sys/fs/cgroup/devices/pod/c1",
    "/sys/fs/cgroup/systemd/pod/c1",
  ]);
});

test("hybrid: the unified hierarchy is joined too, and v1 has the limits", () => {
  const plan = planCgroup(spec({ cgroupsPath: "/c1" }), "c1", HYBRID);
  assert.is(plan.paths[""], "/sys/fs/cgroup/unified/c1");
  const unified = plan.hierarchies.at(-1);
  assert.equal([unified?.writes, unified?.program], [[], undefined]);
  assert.is(cgroupDirForClone(plan.paths), "/sys/fs/cgroup/unified/c1");
  assert.not(cgroupDirsToJoin(plan.paths).includes("/sys/fs/cgroup/unified/c1"));
});

test("v2: one directory beside the runtime's own cgroup, devices as a program", () => {
  const plan = planCgroup(spec({ resources: { pids: { limit: 7 } } }), "c1", V2);
  assert.equal(plan.paths, { "": "/sys/fs/cgroup/c1" });
  assert.equal(
    plan.hierarchies[0]?.writes.map((write) => write.value),
    ["7"],
  );
  assert.ok((plan.hierarchies[0]?.program?.length ?? 0) > 0);
  assert.is(cgroupDirForClone(plan.paths), "/sys/fs/cgroup/c1");
});

test("disabled: nothing is made, whatever the config says", () => {
  const plan = planCgroup(spec({ cgroupsPath: "/x", resources: { pids: { limit: 7 } } }), "c1", NONE, {
    cgroupManager: "disabled",
  });
  assert.equal([plan.paths, plan.hierarchies], [{}, []]);
});

test("a limit without its controller is refused by field and name, an empty one is not", () => {
  assert.equal(reasonOf(V1, { resources: { pids: { limit: 7 } } }), [
    "/linux/resources/pids/limit",
    "controller `pids` is not available under `/sys/fs/cgroup`",
  ]);
  const empty = { resources: { pids: {}, blockIO: { weight: 0 }, network: {}, hugepageLimits: [] } };
  assert.ok(planCgroup(spec(empty), "c1", V1));
});

test("without the devices controller a container could use any device", () => {
  const mode = { ...V1, hierarchies: [hierarchy("memory")] };
  assert.equal(reasonOf(mode, {}), [
    "/linux/resources/devices",
    "controller `devices` is not available under `/sys/fs/cgroup`",
  ]);
  const plan = planCgroup(spec({}), "c1", mode, { rootless: true });
  assert.equal(Object.keys(plan.paths), ["memory"]);
});

test("rootless: devices are not touched, and an own path makes the cgroup necessary", () => {
  const plan = planCgroup(spec({}), "c1", V1, { rootless: true });
  assert.ok(plan.optional);
  assert.equal(
    plan.hierarchies.flatMap((one) => one.writes),
    [],
  );
  assert.not(planCgroup(spec({ cgroupsPath: "/x" }), "c1", V1, { rootless: true }).optional);
  assert.is(planCgroup(spec({}), "c1", V2, { rootless: true }).hierarchies[0]?.program, undefined);
});

test("no hierarchy at all", () => {
  assert.equal(reasonOf(NONE, {})[1], "none is mounted");
});

test("systemd: the unit gives the path, its manager's cgroup is above it, a subgroup below", () => {
  const options = { cgroupManager: "systemd", systemd: { user: false, manager: "" } } as const;
  const plan = planCgroup(spec({ cgroupsPath: "machine.slice:box:c1" }), "c1", V2, options);
  assert.is(plan.hierarchies[0]?.directory, "/sys/fs/cgroup/machine.slice/box-c1.scope");
  assert.is(plan.scope?.unit, "box-c1.scope");
  const manager = "/user.slice/user-1000.slice/user@1000.service";
  const own = { cgroupManager: "systemd", rootless: true, systemd: { user: true, manager } } as const;
  const annotations = { "run.oci.systemd.subgroup": "inner" };
  const rootless = planCgroup({ ...spec({}), annotations }, "c1", V2, own);
  assert.is(rootless.hierarchies[0]?.directory, `/sys/fs/cgroup${manager}/user.slice/ocirt-c1.scope/inner`);
  const v1 = planCgroup(spec({ cgroupsPath: "a-b.slice::c1" }), "c1", V1, options);
  assert.is(v1.paths.memory, "/sys/fs/cgroup/memory/a.slice/a-b.slice/c1.scope");
});

test.run();
