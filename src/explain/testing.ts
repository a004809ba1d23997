/** Facts for tests: a host on which everything can be done, by root. */
import { GOOD_HOST } from "../doctor/testing.ts";
import type { ExplainFacts, Judged } from "./types.ts";

const ALL = (1n << 41n) - 1n;

/** A native program without an interpreter: x86-64, ET_EXEC. */
export function program(): Uint8Array {
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head[16] = 2;
  head[18] = 62;
  return head;
}

export function goodFacts(change: Partial<ExplainFacts> = {}): ExplainFacts {
  return {
    host: GOOD_HOST,
    capabilities: { effective: ALL, bounding: ALL },
    filesystems: new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup2", "block ext4"]),
    rootType: "ext4",
    hardLimits: new Map([[7, 1024n]]),
    oomScoreAdj: 0,
    find: () => "",
    mode: () => 0o100755,
    list: () => [],
    text: (path) => (path.endsWith("cgroup.controllers") ? "cpu cpuset io memory pids hugetlb" : undefined),
    mayWrite: () => true,
    headOf: () => program(),
    modeInRoot: () => 0o100755,
    machine: 62,
    ...change,
  };
}

export function judged(facts: Partial<ExplainFacts> = {}, change: Partial<Judged> = {}): Judged {
  return {
    facts: goodFacts(facts),
    namespaces: {
      cloneFlags: 0,
      joins: [],
      created: new Set(["mount", "pid"]),
      present: new Set(["mount", "pid"]),
    },
    mountPoints: [],
    noNewPrivileges: true,
    made: new Set(),
    ...change,
  };
}
