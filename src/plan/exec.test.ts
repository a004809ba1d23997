import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Process } from "../spec/types.ts";
import { type ExecBase, type ExecContext, execProcess, type ProcessOptions, planExec } from "./exec.ts";
import { NAMESPACES } from "./namespaces.ts";
import type { Step, StepKind, StepOf } from "./steps.ts";

const CONTAINERS: Process = {
  cwd: "/srv",
  env: ["PATH=/bin", "A=1"],
  user: { uid: 5, gid: 6, umask: 0o77, additionalGids: [7] },
  capabilities: { bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"] },
  rlimits: [{ type: "RLIMIT_CORE", soft: 1, hard: 2 }],
  noNewPrivileges: true,
  apparmorProfile: "profile",
  oomScoreAdj: 100,
};
const BASE: ExecBase = { process: CONTAINERS, linux: {}, keyring: true, setGroups: true };

const options = (some: Partial<ProcessOptions> = {}): ProcessOptions => ({
  args: ["ls"],
  env: [],
  additionalGids: [],
  caps: [],
  tty: false,
  noNewPrivs: false,
  ...some,
});

const context = (some: Partial<ExecContext> = {}): ExecContext => ({
  id: "c1",
  pid: 42,
  namespaces: NAMESPACES.mount.flag | NAMESPACES.pid.flag,
  cgroupFiles: ["/cgroup/pids/c1/tasks"],
  cgroupBorn: true,
  preserveFds: 0,
  warn: () => {},
  ...some,
});

const planned = (process: Process, some: Partial<ExecContext> = {}, base = BASE, filter?: Uint8Array) =>
  planExec(base, process, filter, context(some));
const kinds = (steps: readonly Step[]) => steps.map(({ kind }) => kind);
function only<K extends StepKind>(steps: readonly Step[], kind: K): StepOf<K> {
  const found = steps.filter((step) => step.kind === kind);
  assert.is(found.length, 1, kind);
  return found[0] as StepOf<K>;
}

test("the steps outside, at the border, inside, in their order", () => {
  const process = execProcess(CONTAINERS, undefined, options());
  assert.equal(kinds(planned(process)), [
    "oomScore",
    "label",
    "openCgroups",
    "enterContainer",
    "enterCgroups",
    "cpuAffinity",
    "session",
    "sessionKeyring",
    "closeFrom",
    "umask",
    "rlimit",
    "boundingSet",
    "user",
    "workingDirectory",
    "findProgram",
    "findHome",
    "awaitHost",
    "capabilities",
    "noNewPrivileges",
    "execute",
  ]);
});

test("the filter, the user namespace, the terminal and the container without a keyring", () => {
  const base = { ...BASE, keyring: false, seccompFlags: 2 };
  const filter = new Uint8Array(16);
  const process = execProcess(CONTAINERS, undefined, options({ tty: true }));
  const namespaces = NAMESPACES.user.flag | NAMESPACES.mount.flag;
  const steps = planned(process, { namespaces, terminalSize: [80, 25] }, base, filter);
  assert.equal(only(steps, "seccomp"), { kind: "seccomp", filter, flags: 2 });
  assert.is(only(steps, "enterContainer").flags, namespaces);
  assert.is(kinds(steps).indexOf("becomeRoot") - kinds(steps).indexOf("cpuAffinity"), 1);
  const { bound, columns, rows, uid } = only(steps, "console");
  assert.equal([bound, columns, rows, uid], [0, 80, 25, 5]);
  assert.not(kinds(steps).includes("sessionKeyring"));
});

test("a cgroup to be born in is an inherited descriptor; without one nothing is", () => {
  const process = execProcess(CONTAINERS, undefined, options());
  assert.is(only(planned(process), "enterContainer").cgroup, 1);
  const steps = planned(process, { cgroupBorn: false, cgroupFiles: [] });
  assert.is(only(steps, "enterContainer").cgroup, 0);
  assert.not(kinds(steps).includes("openCgroups"));
});

test("execCPUAffinity: initial outside, final inside; without one all CPUs, if that is allowed", () => {
  const affinity = (execCPUAffinity: NonNullable<Process["execCPUAffinity"]>): unknown[] =>
    planned({ ...CONTAINERS, args: ["x"], execCPUAffinity }).flatMap((step): unknown[] =>
      step.kind === "cpuAffinity"
        ? [[step.cpus[0], step.required]]
        : step.kind === "enterContainer"
          ? ["|"]
          : [],
    );
  assert.equal(affinity({ initial: "0-1", final: "1" }), [[3, 1], "|", [2, 1]]);
  assert.equal(affinity({ initial: "2" }), [[4, 1], "|"]);
  assert.equal(affinity({ final: "0" }), ["|", [1, 1]]);
  assert.equal(affinity({}), ["|", [255, 0]]);
});

test("inline: the container's process with the options on top", () => {
  const process = execProcess(
    CONTAINERS,
    undefined,
    options({
      args: ["id", "-u"],
      cwd: "/tmp",
      env: ["A=2", "B=3"],
      user: "9:10",
      additionalGids: ["11,12", "13"],
      caps: ["CAP_CHOWN"],
      apparmor: "other",
      processLabel: "label",
    }),
  );
  assert.equal(process, {
    ...CONTAINERS,
    args: ["id", "-u"],
    cwd: "/tmp",
    env: ["PATH=/bin", "A=1", "A=2", "B=3"],
    user: { uid: 9, gid: 10, umask: 0o77, additionalGids: [7, 11, 12, 13] },
    capabilities: {
      bounding: ["CAP_KILL", "CAP_CHOWN"],
      permitted: ["CAP_KILL", "CAP_CHOWN"],
      effective: ["CAP_KILL", "CAP_CHOWN"],
    },
    terminal: false,
    apparmorProfile: "other",
    selinuxLabel: "label",
  });
  assert.equal(execProcess(CONTAINERS, undefined, options({ user: "9" })).user, {
    ...CONTAINERS.user,
    uid: 9,
  });
  const ambient = { ...CONTAINERS, capabilities: { inheritable: ["CAP_KILL"] } };
  assert.equal(execProcess(ambient, undefined, options({ caps: ["CAP_X"] })).capabilities?.ambient, [
    "CAP_X",
  ]);
  assert.is(execProcess({ cwd: "/" }, undefined, options({ noNewPrivs: true })).noNewPrivileges, true);
});

test("a process of its own has its own environment and user, and the container's limits", () => {
  const own: Process = {
    cwd: "/",
    args: ["sh"],
    env: ["X=1"],
    user: { uid: 1 },
    rlimits: [],
    apparmorProfile: "",
  };
  assert.equal(execProcess(CONTAINERS, own, options({ args: [] })), {
    cwd: "/",
    args: ["sh"],
    env: ["X=1"],
    user: { uid: 1, umask: 0o77 },
    terminal: false,
    rlimits: CONTAINERS.rlimits,
    apparmorProfile: "profile",
    capabilities: CONTAINERS.capabilities,
    oomScoreAdj: 100,
  });
  const more: Process = { ...own, terminal: true, oomScoreAdj: 0, capabilities: {}, user: { umask: 1 } };
  const process = execProcess(CONTAINERS, more, options({ args: [] }));
  assert.equal(
    [process.terminal, process.oomScoreAdj, process.capabilities, process.user],
    [true, 0, {}, { umask: 1 }],
  );
});

test("only capabilities of its own are told of when they can't be had", () => {
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const base = { ...BASE, process: { ...CONTAINERS, capabilities: { bounding: ["CAP_NEW"] } } };
  const steps = planned(execProcess(base.process, undefined, options()), { warn }, base);
  assert.equal([warnings, only(steps, "boundingSet").wanted], [[], 0n]);
  planned(execProcess(base.process, undefined, options({ caps: ["CAP_NEWER"] })), { warn }, base);
  assert.is(warnings.length, 1);
});

const refused: [Partial<ProcessOptions>, string][] = [
  [{ user: "root" }, "read --user `root`: expected uid or uid:gid in numbers"],
  [{ user: "1:2:3" }, "read --user `1:2:3`: expected uid or uid:gid in numbers"],
  [{ user: "1:" }, "read --user `1:`: expected uid or uid:gid in numbers"],
  [{ user: "4294967295" }, "read --user `4294967295`: expected uid or uid:gid in numbers"],
  [{ additionalGids: ["-1"] }, "read --additional-gids `-1`: expected a group id"],
  [{ cwd: "tmp" }, "use the working directory `tmp`: it must be absolute"],
  [
    { args: [] },
    "plan the process: process args cannot be empty; name the command after the container, or in the file of --process",
  ],
];

for (const [given, text] of refused) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => execProcess(CONTAINERS, undefined, options(given)),
      (error: Error) => error.message === text,
    );
  });
}

test.run();
