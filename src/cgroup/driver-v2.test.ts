/** The unified hierarchy, also where v1 has the controllers. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Resources } from "../spec/types.ts";
import { deviceProgram } from "./device-program.ts";
import { devicePolicy } from "./devices.ts";
import {
  type CgroupMode,
  cgroupPids,
  createCgroup,
  destroyCgroup,
  freeze,
  isFrozen,
  joinCgroup,
  killCgroup,
  planCgroup,
} from "./driver.ts";
import {
  cleanUp,
  create,
  ID,
  left,
  mode,
  ONCE_INSIDE,
  onUnified,
  outputIn,
  read,
  sleeper,
  spec,
  USE_DEVICES,
} from "./driver-testing.ts";

test.after.each(cleanUp);

/** The unified hierarchy alone, as on a machine without v1; what it enables is disabled again. */
function onlyUnified(run: (v2: CgroupMode, controllers: string[]) => void | Promise<void>) {
  return async () => {
    const { unified, own } = mode;
    if (unified === undefined) return;
    const control = `${unified.mountPoint}/cgroup.subtree_control`;
    const enabled = () => readFileSync(control, "utf8").trim().split(" ");
    const before = enabled();
    const controllers = readFileSync(`${unified.mountPoint}/cgroup.controllers`, "utf8").trim().split(" ");
    try {
      await run({ kind: "v2", hierarchies: [], unified, own }, controllers);
    } finally {
      for (const paths of left) destroyCgroup(paths);
      for (const added of enabled().filter((one) => !before.includes(one)))
        writeFileSync(control, `-${added}`);
    }
  };
}

onUnified(
  "v2: controllers are enabled on the way down, limits written, or refused where there is no controller",
  onlyUnified((v2, controllers) => {
    const limits: [string, string, string, Resources][] = [
      ["hugetlb", "hugetlb.2MB.max", "4194304", { hugepageLimits: [{ pageSize: "2MB", limit: 4194304 }] }],
      ["pids", "pids.max", "77", { pids: { limit: 77 } }],
      ["memory", "memory.max", "67108864", { memory: { limit: 67108864, swap: 67108864 } }],
      ["cpu", "cpu.max", "20000 50000", { cpu: { quota: 20000, period: 50000 } }],
    ];
    for (const [controller, file, value, resources] of limits) {
      const plan = planCgroup(spec(resources, `/${ID}/deep/er`), ID, v2);
      const top = { "": `${v2.unified?.mountPoint}/${ID}` };
      left.push(top);
      if (controllers.includes(controller)) assert.is(read(createCgroup(plan), "", file), value);
      else assert.throws(() => createCgroup(plan), `controller \`${controller}\` is not available under`);
      assert.is(existsSync(plan.paths[""] ?? ""), controllers.includes(controller));
      destroyCgroup(top);
    }
  }),
);

onUnified(
  "v2: a container lives in its cgroup, is frozen and killed",
  onlyUnified(async (v2) => {
    const plan = planCgroup(spec({ unified: { "cgroup.max.depth": "5" } }), ID, v2);
    const paths = createCgroup(plan);
    left.push(paths);
    assert.is(read(paths, "", "cgroup.max.depth"), "5");
    const { pid, ended } = sleeper(`${ONCE_INSIDE}; sleep 50 & wait`);
    joinCgroup(plan, pid);
    assert.ok(cgroupPids(paths, false).includes(pid));
    freeze(paths);
    assert.ok(isFrozen(paths));
    assert.match(read(paths, "", "cgroup.events"), "frozen 1");
    killCgroup(paths, 9);
    assert.is(await ended, "SIGKILL");
  }),
);

onUnified(
  "an empty cgroup that is taken over is made anew: the kernel kills what is cloned into a killed one",
  () => {
    const paths = create({});
    const inode = () => statSync(paths[""] ?? "").ino;
    const before = inode();
    killCgroup(paths, 9);
    create({});
    assert.is.not(inode(), before);
  },
);

onUnified("the kernel takes the device program and does what it says", async () => {
  const directory = `${mode.unified?.mountPoint}/${ID}-bpf`;
  mkdirSync(directory);
  try {
    const { native } = await import("../native/index.ts");
    const attach = native<{ bpfAttachDevices(directory: string, program: Uint8Array): void }>()
      .bpfAttachDevices;
    attach(directory, deviceProgram(devicePolicy([{ allow: true, access: "rwm" }], [])));
    assert.is(await outputIn({ "": directory }, USE_DEVICES), "zero\nkmsg\n");
    attach(directory, deviceProgram(devicePolicy([{ allow: false, access: "rwm" }], [])));
    assert.is(await outputIn({ "": directory }, USE_DEVICES), "zero\n");
    attach(
      directory,
      deviceProgram(devicePolicy([{ allow: true, type: "c", major: 1, minor: 11, access: "r" }], [])),
    );
    assert.is(await outputIn({ "": directory }, USE_DEVICES), "zero\nkmsg\n", "the old program is gone");
  } finally {
    rmdirSync(directory);
  }
});

test.run();
