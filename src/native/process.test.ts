import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodePlan } from "../plan/encode.ts";
import { STEP_KINDS, type Step, tableVersion } from "../plan/steps.ts";
import { files, isNativeError } from "./index.ts";
import { int32At, textAt, uint32At } from "./packet.ts";
import { exitCodeOf, type Packet, processes, receiveToEnd } from "./process.ts";

/** Runs init on a plan without namespaces; its packets and its exit code. */
function runInit(plan: Uint8Array): { packets: Packet[]; code: number } {
  const none = { flags: 0, cgroup: -1, keep: 0, kept: [], carry: false, pass: [], joins: [] };
  const { pid, sync } = processes().spawn({ plan, ...none });
  const packets: Packet[] = [];
  try {
    try {
      processes().sendGo(sync, pid);
    } catch (error) {
      // It has ended already; what it said is there.
      if (!isNativeError(error) || error.code !== "EPIPE") throw error;
    }
    for (let packet = receiveToEnd(sync); packet; packet = receiveToEnd(sync)) packets.push(packet);
    return { packets, code: exitCodeOf(processes().reap(pid)) };
  } finally {
    files().close(sync);
  }
}

function failure(packet: Packet | undefined) {
  assert.ok(packet);
  return {
    kind: packet.kind,
    step: uint32At(packet, 0),
    errno: processes().errnoName(int32At(packet, 4)),
    detail: textAt(packet, 8),
  };
}

test("init executes the steps in order and reports the one that fails", () => {
  const steps: Step[] = [
    { kind: "umask", mask: 0o022 },
    { kind: "findProgram", candidates: ["/nowhere/program"] },
  ];
  const { packets, code } = runInit(encodePlan(steps));
  assert.is(packets.length, 1);
  assert.equal(failure(packets[0]), { kind: "F", step: 1, errno: "ENOENT", detail: "/nowhere/program" });
  assert.is(code, 1);
});

test("init refuses a plan that another table encoded", () => {
  const { packets } = runInit(encodePlan([{ kind: "session" }], tableVersion() ^ 1));
  assert.equal(failure(packets[0]), { kind: "F", step: 0, errno: "EPROTO", detail: "read the plan" });
});

test("init refuses a plan that is cut short, or holds a kind that there is not", () => {
  const plan = encodePlan([{ kind: "session" }]);
  assert.is(failure(runInit(plan.subarray(0, plan.length - 1)).packets[0]).errno, "EPROTO");
  const unknown = plan.slice();
  new DataView(unknown.buffer).setUint32(16, STEP_KINDS.length, true);
  assert.is(failure(runInit(unknown).packets[0]).errno, "EPROTO");
});

test("the program starts with default signals, nothing blocked, and no descriptor but its own", () => {
  const script = `i=3; while [ $i -lt 256 ]; do [ -e /proc/$$/fd/$i ] && exit 2; i=$((i+1)); done
    grep -qE "^SigBlk:.0{16}$" /proc/self/status && grep -qE "^SigIgn:.0{16}$" /proc/self/status`;
  const steps: Step[] = [
    { kind: "closeFrom", fd: 3 },
    { kind: "findProgram", candidates: ["/bin/bash"] },
    { kind: "execute", args: ["bash", "-c", script], env: ["PATH=/usr/bin:/bin"] },
  ];
  const { packets, code } = runInit(encodePlan(steps));
  assert.equal([packets.map(({ kind }) => kind), code], [["X"], 0]);
});

test("the holder of an id mapping has no descriptors, and ends with its parent", () => {
  const script = `
    const { processes } = await import("${import.meta.dirname}/process.ts");
    const { readdirSync } = await import("node:fs");
    const pid = processes().holdUserNamespace();
    while (readdirSync("/proc/" + pid + "/fd").length > 0) processes().sleep(1);
    process.stdout.write(String(pid));
    process.kill(process.pid, "SIGKILL");`;
  const { stdout, signal } = spawnSync(process.execPath, ["-e", script], {
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.is(signal, "SIGKILL");
  assert.match(stdout, /^\d+$/);
  const end = Date.now() + 10_000;
  const lives = () => {
    try {
      return !/\) [ZX] /.test(files().readText(`/proc/${stdout}/stat`));
    } catch {
      // It is gone, maybe since this moment.
      return false;
    }
  };
  while (lives() && Date.now() < end) processes().sleep(5);
  assert.not.ok(lives());
});

test("a wait status is an exit code, or 128 and the signal", () => {
  assert.is(exitCodeOf(7 << 8), 7);
  assert.is(exitCodeOf(9), 137);
  assert.is(exitCodeOf(0x80 | 11), 139);
});

test("a hook gets its input, its output is kept, its time is limited", () => {
  const child = { env: ["A=1"], cwd: "/", timeout: 5000, out: -1, err: -1 };
  const echo = { ...child, path: "/bin/sh", args: ["sh", "-c", "cat; echo $A >&2; exit 3"], input: "state" };
  assert.equal(processes().runChild(echo), {
    status: 3 << 8,
    timedOut: false,
    interrupted: false,
    output: "state1\n",
  });
  const slow = { ...child, path: "/bin/sleep", args: ["sleep", "60"], input: "", timeout: 20 };
  assert.is(processes().runChild(slow).timedOut, true);
  const missing = { ...child, path: "/nowhere", args: ["x"], input: "x" };
  assert.is(processes().runChild(missing).error, "ENOENT");
  // One that doesn't read more than a pipe holds must not hold up its caller.
  const deaf = { ...child, path: "/bin/true", args: ["true"], input: "x".repeat(1_000_000) };
  assert.is(processes().runChild(deaf).status, 0);
});

test.run();
