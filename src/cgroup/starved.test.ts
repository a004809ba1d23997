import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import type { CgroupPlan } from "./plan.ts";
import { starvedBy } from "./starved.ts";

const POINTER = "/linux/resources/memory/limit";
const WRITES = [
  { controller: "memory", file: "memory.max", value: "4096", pointer: POINTER },
  { controller: "pids", file: "pids.max", value: "0", pointer: "/linux/resources/unified/pids.max" },
];
const failure = (errno?: string) => new OcirtError({ action: "do it", errno });

/** The pointer that is told in a directory with these files. */
function told(files: Record<string, string>, error: unknown, inUnit = false): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "ocirt-starved-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const hierarchy = { controllers: [""], mountPoint: "/", directory, writes: WRITES };
    const plan: CgroupPlan = { kind: "v2", paths: {}, hierarchies: [hierarchy], optional: false };
    return (starvedBy(plan, error, inUnit) as OcirtError).facts.pointer;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const QUIET = { "cgroup.procs": "", "memory.events": "max 0\noom_kill 0\n", "pids.events": "max 0\n" };

test("the counters of the cgroup tell which limit it was", () => {
  assert.is(told({ "memory.events": "max 3\noom_kill 1\n" }, failure()), POINTER);
  assert.is(told({ "memory.oom_control": "under_oom 0\noom_kill 1\n" }, failure()), POINTER);
  assert.is(told({ "memory.events": "max 3\noom_kill 0\n" }, failure("E2BIG")), POINTER);
  assert.is(told({ "memory.failcnt": "7" }, failure("ENOMEM")), POINTER);
  assert.is(told({ "pids.events": "max 1\n" }, failure("EAGAIN")), "/linux/resources/unified/pids.max");
});

test("another failure stays what it is", () => {
  for (const errno of [undefined, "ENOMEM", "EAGAIN", "ENOENT"])
    assert.is(told(QUIET, failure(errno)), undefined, errno);
  assert.is(told({ "memory.events": "max 3\noom_kill 0\n" }, failure("ENOENT")), undefined);
  const foreign = new Error("x");
  assert.is(starvedBy({ kind: "v2", paths: {}, hierarchies: [], optional: false }, foreign, false), foreign);
});

test("of a unit that is gone with its counters a small limit may be the reason", () => {
  assert.is(told({}, failure(), true), POINTER);
  assert.is(told({}, failure(), false), undefined);
  assert.is(told(QUIET, failure(), true), undefined);
  assert.is(told({}, failure("EIO"), true), undefined);
});

test.run();
