import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultSpec } from "./default.ts";
import { parseSpec } from "./load.ts";
import type { Spec } from "./types.ts";

const print = (spec: Spec) => JSON.stringify(spec, null, "\t");
const types = (spec: Spec) => spec.linux?.namespaces?.map(({ type }) => type);
const mountAt = (spec: Spec, path: string) => spec.mounts?.find(({ destination }) => destination === path);

test("what is printed is valid, and reads back as it was", () => {
  for (const rootless of [true, false]) {
    for (const cgroup2 of [true, false]) {
      const spec = defaultSpec({ rootless, uid: 1000, gid: 1001, cgroup2 });
      assert.equal(parseSpec(print(spec), "c"), spec);
    }
  }
});

test("as root", () => {
  const spec = defaultSpec({ rootless: false, cgroup2: false });
  assert.is(spec.ociVersion, "1.3.0");
  assert.is(spec.hostname, "ocirt");
  assert.equal(spec.root, { path: "rootfs", readonly: true });
  assert.equal(spec.process?.args, ["sh"]);
  assert.is(spec.process?.terminal, true);
  assert.is(spec.process?.noNewPrivileges, true);
  assert.equal(Object.keys(spec.process?.capabilities ?? {}), ["bounding", "effective", "permitted"]);
  assert.equal(types(spec), ["pid", "network", "ipc", "uts", "mount"]);
  assert.equal(
    spec.mounts?.map(({ destination }) => destination),
    ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"],
  );
  assert.equal(spec.linux?.resources, { devices: [{ allow: false, access: "rwm" }] });
  assert.is(spec.linux?.uidMappings, undefined);
  assert.ok(mountAt(spec, "/dev/pts")?.options?.includes("gid=5"));
});

test("rootless", () => {
  const spec = defaultSpec({ rootless: true, uid: 1000, gid: 1001, cgroup2: false });
  assert.equal(types(spec), ["pid", "ipc", "uts", "mount", "user"]);
  assert.equal(spec.linux?.uidMappings, [{ containerID: 0, hostID: 1000, size: 1 }]);
  assert.equal(spec.linux?.gidMappings, [{ containerID: 0, hostID: 1001, size: 1 }]);
  assert.equal(mountAt(spec, "/sys"), {
    destination: "/sys",
    type: "none",
    source: "/sys",
    options: ["rbind", "nosuid", "noexec", "nodev", "ro"],
  });
  assert.equal(mountAt(spec, "/dev/pts")?.options, [
    "nosuid",
    "noexec",
    "newinstance",
    "ptmxmode=0666",
    "mode=0620",
  ]);
  assert.not.ok("resources" in (spec.linux ?? {}));
  const own = defaultSpec({ rootless: true });
  assert.is(own.linux?.uidMappings?.[0]?.hostID, process.geteuid?.());
  assert.is(own.linux?.gidMappings?.[0]?.hostID, process.getegid?.());
});

test("on a host of cgroup v2 the container has a cgroup namespace", () => {
  assert.equal(types(defaultSpec({ rootless: false, cgroup2: true })), [
    "pid",
    "network",
    "ipc",
    "uts",
    "mount",
    "cgroup",
  ]);
  assert.equal(types(defaultSpec({ rootless: true, uid: 1, gid: 1, cgroup2: true })), [
    "pid",
    "ipc",
    "uts",
    "mount",
    "cgroup",
    "user",
  ]);
});

test.run();
