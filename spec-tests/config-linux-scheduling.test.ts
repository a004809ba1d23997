/** runtime-spec config.md, "scheduler", "ioPriority", and config-linux.md, "Personality", "Memory policy". */
import { existsSync, readFileSync } from "node:fs";
import { assert, type Case, type Config, clause, conclude, type Terms } from "./harness/index.ts";

type Edit = (c: Config) => void;

const LATER: Terms = { differs: { runc: "of a later version", crun: "of a later version" } };

const scheduler =
  (value: NonNullable<Config["process"]["scheduler"]>): Edit =>
  (c) => {
    c.process.scheduler = value;
  };

/** The scheduling policy and nice value of the program itself: fields 41 and 19 of /proc/PID/stat. */
function scheduled(t: Case, edit: Edit): { policy: number; nice: number; priority: number } {
  const fields = t.shell("cat /proc/self/stat", edit).replace(/.*\) /, "").split(" ");
  return { policy: Number(fields[38]), nice: Number(fields[16]), priority: Number(fields[37]) };
}

clause(
  "scheduler: SCHED_OTHER with nice",
  (t) => {
    const { policy, nice } = scheduled(t, scheduler({ policy: "SCHED_OTHER", nice: 7 }));
    assert.equal([policy, nice], [0, 7]);
  },
  LATER,
);

clause(
  "scheduler: SCHED_BATCH and SCHED_IDLE",
  (t) => {
    assert.is(scheduled(t, scheduler({ policy: "SCHED_BATCH", nice: 3 })).policy, 3);
    assert.is(scheduled(t, scheduler({ policy: "SCHED_IDLE" })).policy, 5);
  },
  LATER,
);

clause(
  "scheduler: SCHED_FIFO and SCHED_RR with priority, or an error that names it",
  (t) => {
    for (const [policy, number] of [
      ["SCHED_FIFO", 1],
      ["SCHED_RR", 2],
    ] as const) {
      const container = t.container((c) => {
        scheduler({ policy, priority: 9 })(c);
        c.process.args = ["cat", "/proc/self/stat"];
      }, `-${policy}`);
      const result = container.run();
      // A kernel with real-time group scheduling gives a cgroup no real-time budget.
      if (result.status !== 0) assert.refuses(result, /\/process\/scheduler/, /not permitted/i);
      else assert.is(result.stdout.replace(/.*\) /, "").split(" ")[38], String(number));
    }
  },
  LATER,
);

clause(
  "scheduler: an unknown policy is an error that names its place",
  (t) => {
    const container = t.container((c) => scheduler({ policy: "SCHED_MAGIC" as "SCHED_RR" })(c));
    assert.refuses(container.run(), /\/process\/scheduler\/policy/);
  },
  LATER,
);

clause(
  "ioPriority: class and priority",
  (t) => {
    for (const [name, shown] of [
      ["IOPRIO_CLASS_BE", "best-effort: prio 6"],
      ["IOPRIO_CLASS_IDLE", "idle"],
    ] as const) {
      const output = t.shell("ionice", (c) => {
        c.process.ioPriority = { class: name, priority: name === "IOPRIO_CLASS_BE" ? 6 : 0 };
      });
      assert.match(output, new RegExp(`^${shown}`));
    }
  },
  LATER,
);

clause(
  "ioPriority: an unknown class is an error that names its place",
  (t) => {
    const container = t.container((c) => {
      c.process.ioPriority = { class: "IOPRIO_CLASS_MAGIC" as "IOPRIO_CLASS_BE", priority: 1 };
    });
    assert.refuses(container.run(), /\/process\/ioPriority\/class/);
  },
  LATER,
);

clause(
  "personality: LINUX32",
  (t) => {
    const native = t.shell("uname -m");
    assert.is(
      t.shell("uname -m", (c) => (c.linux.personality = { domain: "LINUX" })),
      native,
    );
    const narrow = t.shell("uname -m", (c) => (c.linux.personality = { domain: "LINUX32" }));
    // Not every kernel has a word for it: User-mode Linux says x86_64 all the same.
    assert.is(narrow, assert.succeeds(t.execute(["setarch", "linux32", "uname", "-m"])).stdout);
  },
  { differs: { runc: "of a later version" } },
);

clause(
  "personality: an unknown domain is an error that names its place",
  (t) => {
    const container = t.container((c) => (c.linux.personality = { domain: "PLAN9" as "LINUX" }));
    assert.refuses(container.run(), /\/linux\/personality\/domain/);
  },
  { differs: { runc: "of a later version", crun: "names no place" } },
);

clause(
  "memoryPolicy: the process's default policy",
  (t) => {
    if (!existsSync("/proc/self/numa_maps")) return;
    const output = t.shell(
      "cat /proc/self/numa_maps",
      (c) => (c.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0" }),
    );
    assert.match(output, / bind:0 /);
  },
  LATER,
);

clause(
  "memoryPolicy: an unknown mode is an error that names it",
  (t) => {
    const container = t.container((c) => (c.linux.memoryPolicy = { mode: "MPOL_MAGIC", nodes: "0" }));
    assert.refuses(container.run(), /memory policy|\/linux\/memoryPolicy\/mode/, /MPOL_MAGIC|mode/);
  },
  LATER,
);

clause("without them the caller's are kept", (t) => {
  const own = readFileSync("/proc/self/stat", "utf8").replace(/.*\) /, "").split(" ");
  const { policy, nice } = scheduled(t, () => {});
  assert.equal([policy, nice], [Number(own[38]), Number(own[16])]);
});

conclude();
