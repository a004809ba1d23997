import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CgroupMode } from "../cgroup/mode.ts";
import { planCgroup } from "../cgroup/plan.ts";
import type { Prepared } from "../container/prepare.ts";
import { GOOD_HOST } from "../doctor/testing.ts";
import { OcirtError } from "../errors.ts";
import { stepText } from "../plan/describe.ts";
import { ACTIONS } from "../plan/failure.ts";
import { planContainer } from "../plan/index.ts";
import { type FieldKind, STEP_KINDS, STEPS, type Step, type StepKind } from "../plan/steps.ts";
import { testContext } from "../plan/testing.ts";
import { defaultSpec } from "../spec/default.ts";
import type { Spec } from "../spec/types.ts";
import { explainCreate, explainRefusal } from "./explain.ts";
import { judgeStep } from "./judge-steps.ts";
import { counts, explanationText } from "./report.ts";
import { goodFacts, judged } from "./testing.ts";
import { type Explained, type ExplainFacts, HOST_KINDS } from "./types.ts";

const EMPTY: Readonly<Record<FieldKind, unknown>> = {
  u32: 0,
  u64: 0n,
  str: "",
  bytes: new Uint8Array(),
  strs: [],
  u32s: [],
};

/** A step of the kind with nothing in its fields. */
function blank(kind: StepKind): Step {
  const fields = Object.entries(STEPS[kind]).map(([name, type]) => [name, EMPTY[type as FieldKind]]);
  return { kind, ...Object.fromEntries(fields) } as Step;
}

test("every kind of step is described and judged", () => {
  for (const kind of STEP_KINDS) {
    assert.ok(stepText(blank(kind)).startsWith(ACTIONS[kind]), kind);
    assert.ok(["ok", "warning", "failure"].includes(judgeStep(blank(kind), judged()).status), kind);
  }
});

const MODE: CgroupMode = {
  kind: "v2",
  hierarchies: [],
  unified: { mountPoint: "/sys/fs/cgroup", root: "/" },
  own: () => new Map([["", "/"]]),
};

const DEFAULT = defaultSpec({ rootless: false, uid: 0, gid: 0, cgroup2: true });

/** A configuration that asks for something of every kind of the host's steps. */
const EVERYTHING: Spec = {
  ...DEFAULT,
  process: { ...DEFAULT.process, cwd: "/", args: ["/bin/sh"], terminal: false, oomScoreAdj: -5 },
  mounts: [{ destination: "/tmp", type: "tmpfs" }],
  hooks: { prestart: [{ path: "/bin/hook" }], poststop: [{ path: "/bin/last" }] },
  linux: {
    ...DEFAULT.linux,
    namespaces: [{ type: "mount" }, { type: "user" }, { type: "network", path: "/proc/7/ns/net" }],
    uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    resources: { memory: { limit: 1_000_000 }, pids: { limit: 5 } },
    netDevices: { eth9: {} },
  },
};

function prepared(spec: Spec, systemd = true): Prepared {
  const plan = planContainer(spec, testContext());
  return {
    config: spec,
    spec,
    plan,
    cgroup: {
      ...planCgroup(spec, "c1", MODE),
      ...(systemd ? { scope: { unit: "c1.scope", user: false, properties: [], subgroup: false } } : {}),
    },
    resctrl: { root: "/sys/fs/resctrl", plan: { group: "c1", own: true, schemata: [], monitor: undefined } },
    preserved: { count: 0, open: [] },
    record: {
      version: 1,
      ociVersion: "1.2.0",
      id: "c1",
      nonce: "",
      phase: "creating",
      pid: 0,
      startTime: "",
      bundle: "/b",
      rootfs: "/b/rootfs",
      created: "",
      owner: 0,
      annotations: {},
      cgroups: {},
      hooks: {},
      lateFrom: plan.steps.findIndex(({ kind }) => kind === "awaitStart") + 1,
      late: [],
      seccompAgent: { path: "/run/agent" },
      wasm: false,
      privatePids: false,
    },
    began: 0,
  };
}

const explain = (spec: Spec, facts: Partial<ExplainFacts> = {}): Explained[] =>
  explainCreate(prepared(spec), goodFacts(facts), "/run/ocirt/c1");

const only = (steps: readonly Explained[], kind: string): Explained => {
  const found = steps.filter((step) => step.kind === kind);
  assert.ok(found[0] !== undefined, `no step ${kind}`);
  return found[0] as Explained;
};

test("every kind of the host's steps is told, each of the plan's, and a good host can do all", () => {
  const steps = explain(EVERYTHING);
  for (const kind of HOST_KINDS) only(steps, kind);
  const told = steps.filter(({ kind }) => !(HOST_KINDS as readonly string[]).includes(kind));
  assert.equal(
    told.map(({ kind }) => kind),
    prepared(EVERYTHING).plan.steps.map(({ kind }) => kind),
  );
  assert.equal(
    steps.filter(({ status }) => status === "failure").map(({ what, reason }) => `${what}: ${reason}`),
    [],
  );
});

test("a limit is told by the file, the value and its place in config.json", () => {
  const steps = explain(EVERYTHING).filter(({ kind }) => kind === "limit");
  assert.equal(
    steps.map(({ pointer, fields }) => [pointer, fields]),
    [
      ["/linux/resources/pids/limit", { file: "/sys/fs/cgroup/c1/pids.max", value: "5" }],
      ["/linux/resources/memory/limit", { file: "/sys/fs/cgroup/c1/memory.max", value: "1000000" }],
    ],
  );
});

test("stages: create's steps come before those of start, poststop hooks at the end", () => {
  const stages = explain(EVERYTHING).map(({ stage }) => stage);
  assert.is(stages[0], "host");
  assert.is(stages.at(-1), "after");
  const steps = explain(EVERYTHING);
  assert.is(only(steps, "awaitStart").stage, "init");
  assert.is(only(steps, "execute").stage, "start");
});

test("what the host lacks fails where it is needed, with the reason and a remedy", () => {
  const missing = (path: string) => ({ find: (asked: string) => (asked === path ? "ENOENT" : "") });
  const cases: readonly [string, Partial<ExplainFacts>, RegExp][] = [
    [
      "record",
      { host: { ...GOOD_HOST, state: { ...GOOD_HOST.state, writable: false } } },
      /can't be written/,
    ],
    ["limit", { text: () => "cpu" }, /controller pids is not there/],
    ["joinNamespace", missing("/proc/7/ns/net"), /ENOENT/],
    ["namespace", { host: { ...GOOD_HOST, namespaces: [] } }, /no mount namespaces/],
    ["netDevice", missing("/sys/class/net/eth9"), /no interface eth9/],
    ["oomScoreAdj", { capabilities: { effective: 0n, bounding: 0n } }, /CAP_SYS_RESOURCE/],
    ["runtimeHook", missing("/bin/hook"), /ENOENT/],
    ["seccompAgent", missing("/run/agent"), /no such file/],
    ["scope", { host: { ...GOOD_HOST, systemd: { runs: false, problem: undefined } } }, /does not run/],
    ["resctrl", { mayWrite: (path) => path !== "/sys/fs/resctrl" }, /can't be written/],
    ["findProgram", { headOf: () => undefined }, /no file/],
    ["rootfs", missing("/bundle/rootfs"), /ENOENT/],
    ["devices", { host: { ...GOOD_HOST, cgroup: { ...GOOD_HOST.cgroup, deviceProgram: "EPERM" } } }, /EPERM/],
  ];
  for (const [kind, facts, reason] of cases) {
    const step = only(explain(EVERYTHING, facts), kind);
    assert.is(step.status, "failure", kind);
    assert.match(step.reason ?? "", reason);
    assert.ok(step.remedy, kind);
  }
});

test("a cgroup takes a directory that the caller may write, where it is not systemd's to make", () => {
  const facts = goodFacts({ mayWrite: () => false });
  const verdict = (systemd: boolean) =>
    only(explainCreate(prepared(EVERYTHING, systemd), facts, "/run/ocirt/c1"), "cgroup").status;
  assert.equal([verdict(true), verdict(false)], ["ok", "failure"]);
});

test("an ordinary user needs ranges and tools for more than its own id", () => {
  const host = { ...GOOD_HOST, rootless: true, uid: 1000 };
  const none = { ...host.subordinate, newuidmap: false };
  assert.is(only(explain(EVERYTHING, { host }), "idMappings").status, "ok");
  const step = only(explain(EVERYTHING, { host: { ...host, subordinate: none } }), "idMappings");
  assert.is(
    `${step.status} ${step.pointer} ${step.reason}`,
    "failure /linux/uidMappings newuidmap is not there",
  );
});

test("a configuration that is refused is one step that fails", () => {
  const [step, ...more] = explainRefusal(
    new OcirtError({
      action: "plan the mount",
      path: "/x",
      pointer: "/mounts/1",
      errno: "EINVAL",
      hint: "mend it",
    }),
  );
  assert.equal(more, []);
  assert.equal(step, {
    stage: "host",
    kind: "config",
    what: "plan the mount /x",
    pointer: "/mounts/1",
    status: "failure",
    reason: "invalid argument (EINVAL)",
    remedy: "mend it",
  });
});

test("the text has a heading for each stage, each reason and remedy, and counts", () => {
  const steps: Explained[] = [
    { stage: "host", kind: "config", what: "read it", status: "ok" },
    {
      stage: "init",
      kind: "mount",
      what: "mount /x",
      pointer: "/mounts/0",
      status: "failure",
      reason: "r",
      remedy: "m",
    },
  ];
  assert.is(
    explanationText(steps),
    "the runtime:\nok      read it\nthe container's init:\nFAILURE mount /x  [/mounts/0]\n" +
      "          reason: r\n          remedy: m\n2 steps: 1 can't be done, 0 warnings\n",
  );
  assert.equal(counts(steps), { failures: 1, warnings: 0 });
});

test.run();
