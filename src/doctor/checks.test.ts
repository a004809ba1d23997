import { test } from "uvu";
import * as assert from "uvu/assert";
import { examine } from "./checks.ts";
import type { HostFacts } from "./finding.ts";
import { findingsText } from "./report.ts";
import { hasRange, userName } from "./subordinate.ts";
import { GOOD_HOST } from "./testing.ts";

/** "name status" of all that is not ok. */
const troubles = (change: Partial<HostFacts>) =>
  examine({ ...GOOD_HOST, ...change })
    .filter(({ status }) => status !== "ok")
    .map(({ name, status }) => `${name} ${status}`);

test("nothing is wrong with a host that has everything", () => assert.equal(troubles({}), []));

test("every trouble says what it affects and how to mend it", () => {
  const findings = examine({ ...GOOD_HOST, cgroup: { ...GOOD_HOST.cgroup, kind: "none" } });
  const [found] = findings.filter(({ status }) => status !== "ok");
  assert.equal(found, {
    name: "cgroups",
    status: "failure",
    detail: "no hierarchy is mounted",
    affects: "every container",
    remedy: "mount cgroup2 on /sys/fs/cgroup, or use --cgroup-manager=disabled",
  });
  assert.match(
    findingsText(findings),
    /FAILURE cgroups: no hierarchy.*\n {10}affects: every.*\n {10}remedy: /,
  );
  assert.match(findingsText(findings), /: 1 failures, 0 warnings\n$/);
});

test("a call that isn't there fails where there is nothing in its place", () => {
  const { calls } = GOOD_HOST;
  assert.equal(troubles({ calls: { ...calls, clone3: "ENOSYS" } }), ["clone3 failure"]);
  assert.equal(troubles({ calls: { ...calls, mount_setattr: "ENOSYS" } }), ["mount_setattr warning"]);
  assert.equal(troubles({ calls: { ...calls, memfd_exec: "EACCES" } }), ["memfd exec failure"]);
});

test("namespaces, user namespaces", () => {
  assert.equal(troubles({ namespaces: ["ipc", "mnt", "net", "user", "uts", "cgroup"] }), [
    "pid namespace failure",
    "time namespace warning",
  ]);
  const change = { userNamespace: "EPERM", sysctls: { "kernel/unprivileged_userns_clone": "0" } };
  assert.equal(troubles(change), ["user namespace warning"]);
  assert.equal(troubles({ ...change, rootless: true }), ["user namespace failure"]);
  const text = findingsText(examine({ ...GOOD_HOST, ...change }));
  assert.match(text, /refused: EPERM; kernel.unprivileged_userns_clone=0/);
});

test("cgroups: as the manager and the user need them", () => {
  const none = { ...GOOD_HOST.cgroup, kind: "none" } as const;
  assert.equal(troubles({ cgroup: none, rootless: true }), ["cgroups warning"]);
  assert.equal(troubles({ cgroup: { ...none, manager: "disabled" } }), []);
  const v1 = { ...GOOD_HOST.cgroup, kind: "v1", controllers: ["cpu", "cpuset", "memory"] } as const;
  assert.equal(troubles({ cgroup: v1 }), ["controllers warning", "devices warning"]);
  assert.equal(troubles({ cgroup: { ...GOOD_HOST.cgroup, closed: ["/sys/fs/cgroup"] } }), [
    "cgroup delegation failure",
  ]);
});

test("a device program that the kernel refuses", () => {
  const cgroup = { ...GOOD_HOST.cgroup, deviceProgram: "EPERM" };
  assert.equal(troubles({ cgroup }), ["devices failure"]);
  assert.equal(troubles({ cgroup, rootless: true }), []);
  assert.equal(troubles({ criu: { there: false, used: true } }), ["criu warning"]);
  assert.equal(troubles({ criu: { there: false, used: false } }), []);
});

test("seccomp, systemd, subordinate ids, directories", () => {
  const seccomp = { actions: undefined, missingFlags: [], listener: false };
  assert.equal(troubles({ seccomp }), ["seccomp warning"]);
  const systemd = { runs: false, problem: undefined };
  assert.equal(troubles({ systemd }), ["systemd warning"]);
  assert.equal(troubles({ systemd, cgroup: { ...GOOD_HOST.cgroup, manager: "systemd" } }), [
    "systemd failure",
  ]);
  const subordinate = { ...GOOD_HOST.subordinate, newuidmap: false };
  assert.equal(troubles({ subordinate }), []);
  assert.equal(troubles({ subordinate, rootless: true }), ["subordinate ids warning"]);
  const state = { path: undefined, writable: false, problem: "XDG_RUNTIME_DIR is not set" };
  assert.equal(troubles({ state }), ["state directory failure"]);
});

test("ranges are the user's by name or number", () => {
  assert.is(userName("root:x:0:0::/:/bin/sh\nme:x:7:7::/:/bin/sh\n", 7), "me");
  assert.ok(hasRange("me:100000:65536\n", ["7", "me"]));
  assert.ok(hasRange("7:100000:65536\n", ["7", undefined]));
  assert.not.ok(hasRange("me:100000:0\nyou:1:9\n", ["7", "me"]));
});

test.run();
