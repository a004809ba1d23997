import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import { directoryV1, directoryV2 } from "./path.ts";

const memory = { controllers: ["memory"], mountPoint: "/sys/fs/cgroup/memory", root: "/" };
const unified = { mountPoint: "/sys/fs/cgroup", root: "/" };
const own = (path: string) => () =>
  new Map([
    ["memory", path],
    ["", path],
  ]);
const never = () => {
  throw new Error("the own cgroup is read without need");
};

test("an absolute path is below the mount point, and the own cgroup is not read", () => {
  assert.is(directoryV1(memory, "/docker/abc", "c1", never), "/sys/fs/cgroup/memory/docker/abc");
  assert.is(directoryV2(unified, "//docker/./abc/", "c1", never), "/sys/fs/cgroup/docker/abc");
});

test("v1: a relative path and none are below the own cgroup", () => {
  assert.is(directoryV1(memory, "pod/c", "c1", own("/user")), "/sys/fs/cgroup/memory/user/pod/c");
  assert.is(directoryV1(memory, undefined, "c1", own("/user")), "/sys/fs/cgroup/memory/user/c1");
  assert.is(directoryV1(memory, "", "c1", own("/")), "/sys/fs/cgroup/memory/c1");
});

test("v2: they are beside the own cgroup", () => {
  assert.is(
    directoryV2(unified, "pod/c", "c1", own("/user.slice/session-1.scope")),
    "/sys/fs/cgroup/user.slice/pod/c",
  );
  assert.is(directoryV2(unified, undefined, "c1", own("/init.scope")), "/sys/fs/cgroup/c1");
  assert.is(directoryV2(unified, undefined, "c1", own("/")), "/sys/fs/cgroup/c1");
});

test("where a part of the hierarchy is mounted the own cgroup is seen from there", () => {
  const part = { ...memory, root: "/docker/abc" };
  assert.is(directoryV1(part, "c", "c1", own("/docker/abc/x")), "/sys/fs/cgroup/memory/x/c");
  assert.is(directoryV1(part, "c", "c1", own("/docker/abc")), "/sys/fs/cgroup/memory/c");
  assert.throws(
    () => directoryV1(part, "c", "c1", own("/docker/abcd")),
    "it is outside `/docker/abc`, which is mounted there",
  );
});

test("an own cgroup outside the cgroup namespace cannot be used", () => {
  assert.throws(() => directoryV1(memory, "c", "c1", own("/../host")), "give an absolute cgroupsPath");
});

const refused: [path: string, reason: string][] = [
  ["/../etc", "`..` components are not allowed"],
  ["a/../../b", "`..` components are not allowed"],
  ["/", "a container needs a cgroup of its own, not the root"],
  ["//./", "a container needs a cgroup of its own, not the root"],
  ["a\0b", "a path has no NUL"],
];

for (const [path, reason] of refused) {
  test(`${JSON.stringify(path)} is refused`, () => {
    try {
      directoryV1(memory, path, "c1", own("/"));
      assert.unreachable();
    } catch (error) {
      assert.instance(error, OcirtError);
      const { facts } = error as OcirtError;
      assert.equal([facts.pointer, facts.reason], ["/linux/cgroupsPath", reason]);
    }
  });
}

test.run();
