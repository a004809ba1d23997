import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Spec } from "../spec/types.ts";
import { birthplace, cgroupOwnership } from "./ownership.ts";

const spec = (more: Partial<Spec> = {}, options: string[] = ["rw"]): Spec => ({
  ociVersion: "1.2.0",
  process: { cwd: "/", user: { uid: 5, gid: 0 } },
  mounts: [{ destination: "/sys/fs/cgroup", type: "cgroup", options }],
  linux: {
    namespaces: [{ type: "cgroup" }],
    uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    gidMappings: [{ containerID: 0, hostID: 2000, size: 10 }],
  },
  ...more,
});

test("the cgroup is the user's, as the host numbers it", () => {
  assert.equal(cgroupOwnership(spec(), 2), { owner: [1005, 2000] });
  assert.equal(cgroupOwnership(spec({ linux: { namespaces: [{ type: "cgroup" }] } }), 2), { owner: [5, 0] });
});

test("not without a cgroup namespace of its own, a writable mount, v2, or a mapping of the user", () => {
  assert.equal(cgroupOwnership(spec(), 1), {});
  assert.equal(cgroupOwnership(spec({}, ["ro"]), 2), {});
  assert.equal(cgroupOwnership(spec({ mounts: [] }), 2), {});
  assert.equal(cgroupOwnership(spec({ linux: { namespaces: [{ type: "cgroup", path: "/x" }] } }), 2), {});
  const far: Spec = spec({ process: { cwd: "/", user: { uid: 50, gid: 0 } } });
  assert.equal(cgroupOwnership(far, 2), {});
});

const delegating = (name: string) => spec({ annotations: { "run.oci.delegate-cgroup": name } });

test("what is delegated lies below, and only on v2", () => {
  assert.equal(cgroupOwnership(delegating("a/b"), 2), { owner: [1005, 2000], delegate: "a/b" });
  assert.equal(birthplace({ "": "/cg" }, { delegate: "a/b" }), { "": "/cg/a/b" });
  assert.equal(birthplace({ pids: "/cg" }, { delegate: "a/b" }), { pids: "/cg" });
  for (const wrong of ["", "/a", "a/../b", ".", "a//b", "a/"]) {
    assert.throws(() => cgroupOwnership(delegating(wrong), 2), /no path below/, wrong);
  }
  assert.throws(() => cgroupOwnership(delegating("a"), 1), /only a cgroup of v2/);
});

test.run();
