/** On a directory that looks like resctrl; the kernel makes the files of a group, here the test does. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { planIntelRdt } from "../plan/intel-rdt.ts";
import { enterGroups, ownGroups, removeGroups, resctrlRoot, updateSchemata } from "./resctrl.ts";

let root: string;
const read = (name: string) => readFileSync(join(root, name), "utf8");

function group(name: string, schemata = "L3:0=ff\n"): void {
  mkdirSync(join(root, name, "mon_groups"), { recursive: true });
  for (const file of ["tasks", "schemata"]) writeFileSync(join(root, name, file), "");
  writeFileSync(join(root, name, "schemata"), schemata);
}

test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), "ocirt-resctrl-"));
  group("");
});
test.after.each(() => rmSync(root, { recursive: true }));

test("where it is mounted, and the error where it is not", () => {
  const line = "40 31 0:37 / /sys/fs/resctrl rw,relatime shared:17 - resctrl resctrl rw";
  assert.is(resctrlRoot(`1 2 0:1 / / rw - ext4 x rw\n${line}\n`), "/sys/fs/resctrl");
  assert.throws(
    () => resctrlRoot("1 2 0:1 / / rw - ext4 x rw"),
    /\/linux\/intelRdt\): resctrl is not mounted/,
  );
});

test("a class of its own gets the lines and the process, and is the container's to remove", () => {
  group("c1");
  const plan = planIntelRdt({ schemata: ["L3:0=f", "MB:0=20"] }, "c1");
  enterGroups(root, plan, 42);
  assert.match(read("c1/schemata"), /^L3:0=f\nMB:0=20\n/);
  assert.is(read("c1/tasks"), "42");
  assert.equal(ownGroups(root, plan), [join(root, "c1")]);
});

test("a class that is shared is taken as it is, and stays", () => {
  group("fast", "    L3:0=000f\n");
  const plan = planIntelRdt({ closID: "fast", l3CacheSchema: "L3:0=f" }, "c1");
  enterGroups(root, plan, 42);
  assert.is(read("fast/schemata"), "    L3:0=000f\n");
  assert.is(read("fast/tasks"), "42");
  assert.equal(ownGroups(root, plan), []);
});

test("a shared class that has something else, or is not there, is an error", () => {
  group("fast");
  const other = planIntelRdt({ closID: "fast", l3CacheSchema: "L3:0=1" }, "c1");
  assert.throws(() => enterGroups(root, other, 42), /does not have `L3:0=1`/);
  const missing = planIntelRdt({ closID: "none" }, "c1");
  assert.throws(() => enterGroups(root, missing, 42), /\/linux\/intelRdt\/closID\): there is no such class/);
  assert.not(existsSync(join(root, "none")));
});

test("a monitoring group below the class is the container's to remove", () => {
  group("fast");
  group("fast/mon_groups/c1");
  const plan = planIntelRdt({ closID: "fast", enableMonitoring: true }, "c1");
  enterGroups(root, plan, 42);
  assert.is(read("fast/mon_groups/c1/tasks"), "42");
  assert.equal(ownGroups(root, plan), [join(root, "fast/mon_groups/c1")]);
});

test("groups are removed; those that are gone already are no error", () => {
  mkdirSync(join(root, "empty"));
  removeGroups([join(root, "empty"), join(root, "gone")]);
  assert.not(existsSync(join(root, "empty")));
  assert.throws(() => removeGroups([join(root, "tasks")]), /remove the group of resctrl .*ENOTDIR/);
});

test("update writes to the class that is the container's own, and to no other", () => {
  group("c1");
  mkdirSync(join(root, "mon_groups/c1"), { recursive: true });
  updateSchemata([join(root, "mon_groups/c1"), join(root, "c1")], ["L3:0=3", "MB:0=10"]);
  assert.is(read("c1/schemata"), "L3:0=3\nMB:0=10\n");
  for (const groups of [[], [join(root, "mon_groups/c1")]]) {
    assert.throws(() => updateSchemata(groups, ["L3:0=3"]), /no class of its own/);
  }
});

test.run();
