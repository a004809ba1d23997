import { test } from "uvu";
import * as assert from "uvu/assert";
import { sliceDirectory, systemdUnit, unitDirectory } from "./unit.ts";

const refused = (path: string) => {
  try {
    systemdUnit(path, "id", false);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${path} is taken`);
};

test("slice, prefix and name; each but the name may be empty", () => {
  const unit = (path: string | undefined, rootless = false) => systemdUnit(path, "id", rootless);
  assert.equal(unit("kubepods.slice:cri-containerd:abc"), {
    slice: "kubepods.slice",
    name: "cri-containerd-abc.scope",
  });
  assert.equal(unit(":box:abc"), { slice: "system.slice", name: "box-abc.scope" });
  assert.equal(unit("a.slice::abc"), { slice: "a.slice", name: "abc.scope" });
  assert.equal(unit(undefined), { slice: "system.slice", name: "ocirt-id.scope" });
  assert.equal(unit("", true), { slice: "user.slice", name: "ocirt-id.scope" });
  assert.equal(unit("a.slice::pod.slice"), { slice: "a.slice", name: "pod.slice" });
});

test("letters that a unit's name may not have are escaped", () => {
  assert.is(systemdUnit(":x:a+b", "id", false).name, "x-a\\x2bb.scope");
  assert.is(systemdUnit(":x:é", "id", false).name, "x-\\xc3\\xa9.scope");
});

test("a slice lies in the slices that its dashes name", () => {
  assert.is(sliceDirectory("-.slice"), "");
  assert.is(sliceDirectory("system.slice"), "/system.slice");
  assert.is(sliceDirectory("a-b-c.slice"), "/a.slice/a-b.slice/a-b-c.slice");
  const unit = { slice: "a-b.slice", name: "c.scope" };
  assert.is(unitDirectory(unit, "/user@1.service"), "/user@1.service/a.slice/a-b.slice/c.scope");
});

test("another form is refused, with what to write", () => {
  for (const path of ["/a/b", "a:b", "a:b:c:d", "a.slice:b:"]) {
    assert.match(refused(path), /systemd's form is slice:prefix:name/, path);
  }
  for (const slice of [
    "a--b.slice",
    "-a.slice",
    "a-.slice",
    ".slice",
    "a.scope",
    "a/b.slice",
    "..slice/x.slice",
  ]) {
    assert.match(refused(`${slice}:p:n`), /it is no name of a slice/, slice);
  }
  assert.match(refused(`:p:${"n".repeat(255)}`), /longer than 255/);
});

test.run();
