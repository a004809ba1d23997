/** Limits and devices on cgroup v1. */
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import { createCgroup, destroyCgroup, planCgroup, updateCgroup } from "./driver.ts";
import {
  cleanUp,
  create,
  ID,
  left,
  mode,
  onV1,
  outputIn,
  read,
  spec,
  USE_DEVICES,
} from "./driver-testing.ts";

test.after.each(cleanUp);

onV1("v1: the values that were asked for are in force", () => {
  const paths = create({
    devices: [{ allow: false, access: "rwm" }],
    memory: {
      limit: 67108864,
      swap: 134217728,
      reservation: 33554432,
      swappiness: 20,
      disableOOMKiller: true,
    },
    cpu: { shares: 512, quota: 20000, period: 50000, cpus: "0", mems: "0" },
    pids: { limit: 77 },
  });
  const values: [string, string, string][] = [
    ["memory", "memory.limit_in_bytes", "67108864"],
    ["memory", "memory.memsw.limit_in_bytes", "134217728"],
    ["memory", "memory.soft_limit_in_bytes", "33554432"],
    ["memory", "memory.swappiness", "20"],
    ["cpu", "cpu.shares", "512"],
    ["cpu", "cpu.cfs_quota_us", "20000"],
    ["cpu", "cpu.cfs_period_us", "50000"],
    ["cpuset", "cpuset.cpus", "0"],
    ["cpuset", "cpuset.mems", "0"],
    ["pids", "pids.max", "77"],
  ];
  for (const [controller, file, value] of values) assert.is(read(paths, controller, file), value, file);
  assert.match(read(paths, "memory", "memory.oom_control"), "oom_kill_disable 1");
  const devices = read(paths, "devices", "devices.list").split("\n");
  assert.ok(
    devices.includes("c 1:3 rwm") && devices.includes("c 136:* rwm") && !devices.includes("a *:* rwm"),
  );
});

onV1("v1: without a cpuset limit the parents' CPUs are handed down, or no process could join", () => {
  const outer = `/${ID}/a/b`;
  const plan = planCgroup(spec({}, outer), ID, mode);
  const paths = createCgroup(plan);
  left.push(
    Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, path.slice(0, -"/a/b".length)])),
  );
  const root = mode.hierarchies.find((one) => one.controllers.includes("cpuset"))?.mountPoint ?? "";
  assert.is(read(paths, "cpuset", "cpuset.cpus"), readFileSync(`${root}/cpuset.cpus`, "utf8").trim());
  assert.is(read(paths, "cpuset", "cpuset.mems"), readFileSync(`${root}/cpuset.mems`, "utf8").trim());
});

onV1("v1: the device rules hold", async () => {
  const denied = create({ devices: [{ allow: false, access: "rwm" }] });
  assert.is(await outputIn(denied, USE_DEVICES), "zero\n");
  destroyCgroup(denied);
  assert.is(
    await outputIn(create({ devices: [{ allow: true, access: "rwm" }] }), USE_DEVICES),
    "zero\nkmsg\n",
  );
});

onV1("a value that the kernel refuses is named with field, file, errno and hint, and nothing is left", () => {
  try {
    create({ memory: { limit: 67108864 }, cpu: { cpus: "4000" } });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, OcirtError);
    const { facts, message } = error as OcirtError;
    assert.is(facts.pointer, "/linux/resources/cpu/cpus");
    assert.match(message, `/${ID}/cpuset.cpus\``);
    assert.match(message, /ERANGE|EINVAL|EACCES/);
    assert.match(message, "the parent cgroup must have these CPUs and memory nodes");
  }
  for (const { mountPoint } of mode.hierarchies) assert.not(existsSync(`${mountPoint}/${ID}`), mountPoint);
});

onV1("v1: an empty cgroup that is taken over gets the new device rules", () => {
  const paths = create({
    devices: [
      { allow: false, access: "rwm" },
      { allow: true, type: "c", major: 10, minor: 229, access: "r" },
    ],
  });
  assert.match(read(paths, "devices", "devices.list"), "c 10:229 r");
  create({ devices: [{ allow: false, access: "rwm" }] });
  assert.not.match(read(paths, "devices", "devices.list"), "c 10:229");
});

onV1("v1: limits change in any order of sizes, and zeros change nothing", () => {
  const paths = create({ memory: { limit: 67108864, swap: 67108864 }, cpu: { quota: 10000, period: 10000 } });
  const limits = () => [
    read(paths, "memory", "memory.limit_in_bytes"),
    read(paths, "memory", "memory.memsw.limit_in_bytes"),
  ];
  updateCgroup(paths, { memory: { limit: 134217728, swap: 134217728 } });
  assert.equal(limits(), ["134217728", "134217728"]);
  updateCgroup(paths, {
    memory: { limit: 0, swap: 0, reservation: 0, kernel: 0 },
    cpu: { shares: 0, quota: 0 },
  });
  updateCgroup(paths, { memory: { limit: 33554432, swap: 33554432 }, pids: { limit: 9 } });
  assert.equal(limits(), ["33554432", "33554432"]);
  assert.is(read(paths, "pids", "pids.max"), "9");
  updateCgroup(paths, { memory: { limit: -1 } });
  assert.ok(limits().every((limit) => Number(limit) > 2 ** 60));
  updateCgroup(paths, { cpu: { quota: 500000, period: 1000000 } });
  assert.equal(
    [read(paths, "cpu", "cpu.cfs_quota_us"), read(paths, "cpu", "cpu.cfs_period_us")],
    ["500000", "1000000"],
  );
});

test.run();
