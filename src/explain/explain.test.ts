/** What is told of a plan, and what speaks against it, on a host made up. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { planContainer } from "../plan/index.ts";
import { testContext } from "../plan/testing.ts";
import { defaultSpec } from "../spec/default.ts";
import type { Spec } from "../spec/types.ts";
import { explain } from "./explain.ts";
import { hardLimits } from "./host.ts";
import type { Host, Item } from "./item.ts";
import { itemsText } from "./report.ts";

const ALL: Host = {
  kindOf: () => "directory",
  mayExecute: () => true,
  hasProgram: () => true,
  fileSystems: new Set(["proc", "tmpfs", "devpts", "mqueue", "sysfs", "cgroup", "cgroup2"]),
  namespaces: new Set(["mnt", "uts", "ipc", "user", "pid", "net", "cgroup", "time"]),
  userNamespace: "",
  privileged: true,
  capabilities: (1n << 41n) - 1n,
  limits: new Map(),
  oomScore: 0,
  apparmor: true,
  selinux: true,
};

function items(edit: (spec: Spec) => Spec = (spec) => spec, host: Partial<Host> = {}): Item[] {
  const spec = edit(defaultSpec({ rootless: false }));
  const plan = planContainer(spec, testContext({}));
  const hierarchies = [
    {
      controllers: ["pids"],
      mountPoint: "/sys/fs/cgroup/pids",
      directory: "/sys/fs/cgroup/pids/x",
      writes: [{ controller: "pids", file: "pids.max", value: "5", pointer: "/linux/resources/pids/limit" }],
    },
  ];
  const cgroup = { kind: "v1", paths: {}, hierarchies, optional: false } as const;
  return explain({ spec, plan, cgroup, config: "config.json", record: "ocirt.json" }, { ...ALL, ...host });
}

const failures = (all: readonly Item[]) =>
  all
    .filter(({ status }) => status !== "ok")
    .map(({ status, what, pointer, problem }) => [status, what, pointer, problem]);

test("every step of the plan is told, with its place, and nothing speaks against it", () => {
  const all = items();
  assert.equal(failures(all), []);
  assert.ok(
    all.some(
      ({ what, pointer }) =>
        what === "write 5 to /sys/fs/cgroup/pids/x/pids.max" && pointer?.endsWith("/limit"),
    ),
  );
  assert.ok(all.some(({ what, pointer }) => what.startsWith("mount /proc") && pointer === "/mounts/0"));
  assert.match(
    itemsText(all),
    /^the configuration:\n {4}read and check config\.json\n.* 0 can't be done here, 0 warnings\n$/s,
  );
});

test("a source, a namespace, a hook and a program that are not there", () => {
  const edit = (spec: Spec): Spec => ({
    ...spec,
    mounts: [
      ...(spec.mounts ?? []),
      { destination: "/data", type: "bind", source: "/gone", options: ["bind"] },
    ],
    hooks: { createRuntime: [{ path: "/no/hook" }] },
    linux: { ...spec.linux, namespaces: [...(spec.linux?.namespaces ?? []), { type: "time" }] },
  });
  const found = failures(
    items(edit, {
      kindOf: (path) => (path === "/gone" || path === "/no/hook" ? undefined : "directory"),
      namespaces: new Set(["mnt", "uts", "ipc", "pid", "net"]),
      hasProgram: () => false,
    }),
  );
  const problems = found.map(([, , , problem]) => problem);
  assert.ok(problems.includes("`/gone` is not there"));
  assert.ok(problems.includes("`/no/hook` is not there"));
  assert.ok(problems.includes("the kernel has no time namespaces"));
  assert.ok(problems.some((problem) => problem?.startsWith("the rootfs has none of ")));
});

test("limits and scores that take a capability", () => {
  const edit = (spec: Spec): Spec => ({
    ...spec,
    process: {
      ...(spec.process as NonNullable<Spec["process"]>),
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 5000, soft: 10 }],
      oomScoreAdj: -100,
      scheduler: { policy: "SCHED_FIFO", priority: 1 },
      apparmorProfile: "profile",
      selinuxLabel: "label",
    },
  });
  const host = { limits: new Map([["RLIMIT_NOFILE", 4096n]]), apparmor: false, selinux: false };
  assert.equal(failures(items(edit, { ...host, apparmor: true, selinux: true })), []);
  const statuses = failures(items(edit, { ...host, capabilities: 0n })).map(
    ([status, what]) => `${status} ${what}`,
  );
  for (const expected of [
    /^failure set the resource limit/,
    /^failure set oom_score_adj/,
    /^failure set the scheduler/,
  ]) {
    assert.ok(
      statuses.some((text) => expected.test(text)),
      String(expected),
    );
  }
  assert.is(statuses.filter((text) => /^warning set the security label/.test(text)).length, 1);
  assert.is(statuses.filter((text) => /^failure set the security label/.test(text)).length, 1);
});

test("the kernel's table of limits", () => {
  const table =
    "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 524288               files     \nMax stack size            8388608              unlimited            bytes     \n";
  const limits = hardLimits(table);
  assert.equal(
    [limits.get("RLIMIT_NOFILE"), limits.has("RLIMIT_STACK"), limits.get("RLIMIT_STACK")],
    [524288n, true, undefined],
  );
});

test.run();
