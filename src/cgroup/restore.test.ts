import { test } from "uvu";
import * as assert from "uvu/assert";
import { restoringValue } from "./restore.ts";

test("most files take what they show", () => {
  assert.is(restoringValue("memory.limit_in_bytes", "1", "9223372036854771712"), "9223372036854771712");
  assert.is(restoringValue("cpu.max", "5 10", "max 100000"), "max 100000");
  assert.is(restoringValue("pids.max", "5", "max"), "max");
  assert.is(restoringValue("cpuset.cpus", "0", ""), "\n");
});

test("of a file with a line for each device only that line is put back, or taken away", () => {
  const before = "8:0 rbps=1 wbps=max riops=max wiops=max\n8:16 rbps=2 wbps=max riops=max wiops=max";
  assert.is(restoringValue("io.max", "8:16 rbps=9", before), "8:16 rbps=2 wbps=max riops=max wiops=max");
  assert.is(restoringValue("io.max", "8:32 rbps=9", before), "8:32 rbps=max wbps=max riops=max wiops=max");
  assert.is(restoringValue("blkio.throttle.read_bps_device", "8:0 9", ""), "8:0 0");
  assert.is(restoringValue("blkio.throttle.read_bps_device", "8:0 9", "8:0 4"), "8:0 4");
  assert.is(restoringValue("net_prio.ifpriomap", "lo 5", "eth0 3\nlo 2"), "lo 2");
  assert.is(restoringValue("io.bfq.weight", "8:0 50", "default 100"), "8:0 default");
  assert.is(restoringValue("io.bfq.weight", "50", "default 100\n8:0 50"), "100");
  assert.is(restoringValue("cpu.weight", "50", "100"), "100");
});

test("oom_control shows more than it takes", () => {
  assert.is(restoringValue("memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 3"), "0");
});

test.run();
