import { test } from "uvu";
import * as assert from "uvu/assert";
import { changes, traces } from "./machine.ts";

test("the mounts of this process are among the traces", () => {
  assert.ok([...traces()].some((trace) => trace.startsWith("mount / (")));
  assert.ok([...traces()].some((trace) => /^mount \/proc \(proc\)$/.test(trace)));
});

test("additions and removed mounts are told apart", () => {
  const before = new Set(["mount /a (tmpfs)", "cgroup /c", "cgroup /d"]);
  assert.equal(changes(before, new Set(["cgroup /c", "mount /b (tmpfs)"])), [
    "left behind: mount /b (tmpfs)",
    "taken away: mount /a (tmpfs)",
  ]);
  assert.equal(changes(before, before), []);
});

test.run();
