import { test } from "uvu";
import * as assert from "uvu/assert";
import { GOOD_HOST } from "../doctor/testing.ts";
import { BIND_FLAGS, type Step } from "../plan/steps.ts";
import { judgeStep } from "./judge-steps.ts";
import { hardLimits, masksOf, rootFileSystem } from "./parse-proc.ts";
import { judged } from "./testing.ts";
import type { ExplainFacts, Judged } from "./types.ts";

const NONE = { capabilities: { effective: 0n, bounding: 0n } };
const IN_USER: Partial<Judged> = {
  namespaces: {
    cloneFlags: 0,
    joins: [],
    created: new Set(["user", "mount", "pid"]),
    present: new Set(["user", "mount", "pid"]),
  },
};

const MOUNT: Step = {
  kind: "mount",
  target: "/x",
  type: "proc",
  source: "proc",
  options: [],
  attributes: 0n,
  propagation: [],
  inheritMode: 0,
  ordinary: 0,
  copyUp: 0,
};
const BIND: Step = {
  kind: "bind",
  source: "/data",
  target: "/data",
  recursive: 1,
  flags: 0,
  set: 0n,
  clear: 0n,
  setAll: 0n,
  clearAll: 0n,
  propagation: [],
};
const NULL_DEVICE: Step = {
  kind: "device",
  target: "/dev/null",
  mode: 0o20666,
  major: 1,
  minor: 3,
  uid: 0,
  gid: 0,
};
const RLIMIT: Step = { kind: "rlimit", resource: 7, soft: 1n, hard: 2048n };
const FILTER: Step = { kind: "seccomp", filter: new Uint8Array(8), flags: 0 };

const script = new TextEncoder().encode("#!/bin/none\n");

test("what is judged, and of what the judgement depends", () => {
  const cases: readonly [string, Step, Partial<ExplainFacts>, Partial<Judged>, string][] = [
    ["proc", MOUNT, {}, {}, "ok"],
    ["without a right", MOUNT, NONE, {}, "failure"],
    ["with the right in a user namespace", MOUNT, NONE, IN_USER, "ok"],
    ["sysfs takes a network namespace", { ...MOUNT, type: "sysfs" }, {}, IN_USER, "failure"],
    ["nobody mounts ext4 in a user namespace", { ...MOUNT, type: "ext4" }, {}, IN_USER, "failure"],
    ["a file system that is no one's", { ...MOUNT, type: "strange" }, {}, {}, "warning"],
    ["no such source", BIND, { find: () => "ENOENT" }, {}, "failure"],
    ["a source that create makes", BIND, { find: () => "ENOENT" }, { made: new Set(["/data"]) }, "ok"],
    [
      "a link that leads nowhere, taken as it is",
      { ...BIND, flags: BIND_FLAGS.copySymlink },
      { find: (_path, follow = true) => (follow ? "ENOENT" : "") },
      {},
      "ok",
    ],
    [
      "recursive options",
      { ...BIND, setAll: 1n },
      { host: { ...GOOD_HOST, calls: { ...GOOD_HOST.calls, mount_setattr: "ENOSYS" } } },
      {},
      "failure",
    ],
    ["a device is made", NULL_DEVICE, { find: () => "ENOENT" }, {}, "ok"],
    ["a device is bound", NULL_DEVICE, { find: () => "ENOENT" }, IN_USER, "failure"],
    ["the hard limit is raised", RLIMIT, {}, {}, "ok"],
    ["it can't be", RLIMIT, NONE, {}, "failure"],
    ["it can't be by root of a user namespace", RLIMIT, {}, IN_USER, "failure"],
    ["it is lowered", { ...RLIMIT, hard: 1n }, NONE, {}, "ok"],
    ["a filter without no_new_privs", FILTER, NONE, { noNewPrivileges: false }, "failure"],
    ["a filter with it", FILTER, NONE, {}, "ok"],
    [
      "an unknown sysctl",
      { kind: "sysctl", file: "/proc/sys/net/x", value: "1" },
      { find: () => "ENOENT" },
      {},
      "failure",
    ],
    ["an initramfs", { kind: "pivotRoot" }, { rootType: "rootfs" }, {}, "failure"],
    ["a program that may not be executed", find("/bin/sh"), { modeInRoot: () => 0o644 }, {}, "failure"],
    ["a script without its interpreter", find("/x"), { headOf: only("/x", script) }, {}, "failure"],
    ["another machine's program", find("/bin/sh"), { machine: 183 }, {}, "failure"],
    [
      "a program below a mount",
      find("/mnt/x"),
      { headOf: () => undefined },
      { mountPoints: ["/mnt"] },
      "warning",
    ],
    ["a right that can't be granted", bounding(1n), NONE, {}, "warning"],
    [
      "AppArmor's profile is not loaded",
      { kind: "label", files: [], value: "exec mine", module: "apparmor" },
      { text: () => "yours (enforce)" },
      {},
      "failure",
    ],
    [
      "its profile is",
      { kind: "label", files: [], value: "exec mine", module: "apparmor" },
      { text: () => "mine (enforce)" },
      {},
      "ok",
    ],
  ];
  for (const [name, step, facts, change, status] of cases)
    assert.is(judgeStep(step, judged(facts, change)).status, status, name);
});

function find(path: string): Step {
  return { kind: "findProgram", candidates: [path] };
}
function only(path: string, head: Uint8Array): (asked: string) => Uint8Array | undefined {
  return (asked) => (asked === path ? head : undefined);
}
function bounding(wanted: bigint): Step {
  return { kind: "boundingSet", mask: wanted, wanted };
}

test("the caller's own rights and limits are read of /proc", () => {
  assert.equal(masksOf("CapPrm:\t01\nCapEff:\t00000000a80425fb\nCapBnd:\t0f\n"), {
    effective: 0xa80425fbn,
    bounding: 0xfn,
  });
  const limits =
    "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\nMax cpu time              unlimited            unlimited            seconds\n";
  assert.equal(
    [...hardLimits(limits)],
    [
      [7, 4096n],
      [0, 0xffff_ffff_ffff_ffffn],
    ],
  );
  assert.is(
    rootFileSystem("1 0 0:2 / / rw - rootfs rootfs rw\n22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"),
    "ext4",
  );
});

test.run();
