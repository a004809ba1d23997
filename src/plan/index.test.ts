import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultSpec } from "../spec/default.ts";
import type { Spec } from "../spec/types.ts";
import { subjectOf } from "./describe.ts";
import { planContainer } from "./index.ts";
import type { Step, StepKind, StepOf } from "./steps.ts";
import { testContext } from "./testing.ts";

const DEFAULT = defaultSpec({ rootless: false, uid: 0, gid: 0, cgroup2: false });

const spec = (change: (spec: DeepMutable<Spec>) => void = () => {}): Spec => {
  const copy = structuredClone(DEFAULT) as DeepMutable<Spec>;
  copy.process = { ...copy.process, cwd: "/", args: ["sh"], terminal: false };
  change(copy);
  return copy as Spec;
};

type DeepMutable<T> = T extends (infer E)[] | readonly (infer E)[]
  ? DeepMutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: DeepMutable<T[K]> }
    : T;

const context = testContext({
  cgroups: [{ directory: "pids", options: ["pids"], source: "/sys/fs/cgroup/pids/c1" }],
  joinable: ["/sys/fs/cgroup/pids/c1"],
});

/** A step in a few words: its kind and what it is about. */
const words = (steps: readonly Step[]): string[] =>
  steps.map((step) => {
    const subject = subjectOf(step);
    return subject === undefined ? step.kind : `${step.kind} ${subject}`;
  });

const kinds = (steps: readonly Step[]): StepKind[] => steps.map((step) => step.kind);

function find<K extends StepKind>(steps: readonly Step[], kind: K): StepOf<K> {
  const step = steps.find((each) => each.kind === kind);
  if (step === undefined) throw new Error(`the plan has no step ${kind}`);
  return step as StepOf<K>;
}

test("the default bundle: every step, in order", () => {
  const { steps, namespaces, wasm } = planContainer(spec(), context);
  assert.not(wasm);
  assert.equal([...namespaces.created].sort(), ["ipc", "mount", "network", "pid", "uts"]);
  assert.is(namespaces.cloneFlags, 0x6c02_0000);
  const protection = words(steps).filter((text) => /^(readonlyPath|maskPath)/.test(text));
  assert.equal(protection.slice(0, 2), ["readonlyPath /proc/bus", "readonlyPath /proc/fs"]);
  assert.ok(protection.includes("maskPath /proc/kcore"));
  assert.equal(
    words(steps).filter((text) => !protection.includes(text)),
    [
      "joinCgroups",
      "session",
      "sessionKeyring _ses.c1",
      "hostPropagation",
      "rootfs /bundle/rootfs",
      "hostname ocirt",
      "loopback",
      "mount /proc",
      "mount /dev",
      "mount /dev/pts",
      "mount /dev/shm",
      "mount /dev/mqueue",
      "mount /sys",
      "mount /sys/fs/cgroup",
      "bind /sys/fs/cgroup/pids",
      "remount /sys/fs/cgroup",
      "device /dev/null",
      "device /dev/zero",
      "device /dev/full",
      "device /dev/random",
      "device /dev/urandom",
      "device /dev/tty",
      "symlink /dev/fd",
      "symlink /dev/stdin",
      "symlink /dev/stdout",
      "symlink /dev/stderr",
      "symlink /dev/ptmx",
      "directory /",
      "awaitHost",
      "rootReadonly",
      "pivotRoot",
      "closeFrom",
      "umask",
      "rlimit RLIMIT_NOFILE",
      "boundingSet",
      "user",
      "workingDirectory /",
      "findProgram sh",
      "findHome",
      "ready",
      "awaitStart",
      "capabilities",
      "noNewPrivileges",
      "execute sh",
    ],
  );
});

test("run does not wait for start, and tells nothing but its failure", () => {
  const { steps } = planContainer(spec(), { ...context, waits: false });
  assert.not(kinds(steps).includes("ready"));
  assert.not(kinds(steps).includes("awaitStart"));
});

test("with a user namespace the host moves init into its cgroups before anything else", () => {
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const { steps } = planContainer(
    spec((config) => {
      config.linux = { ...config.linux, uidMappings: ids, gidMappings: ids };
      config.linux.namespaces?.push({ type: "user" }, { type: "cgroup" });
    }),
    context,
  );
  assert.equal(kinds(steps).slice(0, 4), ["becomeRoot", "awaitHost", "cgroupNamespace", "session"]);
  assert.is(kinds(steps).filter((kind) => kind === "awaitHost").length, 1);
  assert.is(find(steps, "user").setGroups, 1);
});

test("a mapping of a single gid denies setgroups", () => {
  const one = [{ containerID: 0, hostID: 1000, size: 1 }];
  const { steps } = planContainer(
    spec((config) => {
      config.linux = { ...config.linux, uidMappings: one, gidMappings: one };
      config.linux.namespaces?.push({ type: "user" });
    }),
    context,
  );
  assert.is(find(steps, "user").setGroups, 0);
});

test("hooks: each at its moment, with the state of that moment", () => {
  const hook = { path: "/bin/hook" };
  const { steps } = planContainer(
    spec((config) => {
      config.hooks = {
        createRuntime: [hook],
        createContainer: [hook],
        startContainer: [hook],
        poststart: [hook],
      };
    }),
    context,
  );
  const order = kinds(steps).filter((kind) => ["notify", "hook", "pivotRoot", "awaitStart"].includes(kind));
  assert.equal(order, ["notify", "hook", "pivotRoot", "awaitStart", "hook"]);
  const [createContainer, startContainer] = steps.filter((step) => step.kind === "hook") as StepOf<"hook">[];
  const head = (step: StepOf<"hook"> | undefined) => new TextDecoder().decode(step?.head);
  assert.match(head(createContainer), /"status":"creating"/);
  assert.match(head(startContainer), /"status":"created"/);
  assert.is(createContainer?.cwd, "/bundle");
  assert.is(createContainer?.pointer, "/hooks/createContainer/0");
  assert.equal(createContainer?.env, ["CALLER=1"]);
});

test("a Wasm container: the helper pivots, the module is opened by its user, the engine comes last", () => {
  const { steps, wasm } = planContainer(
    spec((config) => {
      config.annotations = { "module.wasm.image/variant": "compat" };
      config.process = { ...config.process, cwd: "/", args: ["/app.wasm", "x"], noNewPrivileges: true };
    }),
    context,
  );
  assert.ok(wasm);
  const tail = kinds(steps).slice(kinds(steps).indexOf("pivotHelper"));
  assert.not(kinds(steps).includes("pivotRoot"));
  assert.equal(tail.slice(-4), ["openModule", "capabilities", "noNewPrivileges", "engine"]);
  const request = JSON.parse(new TextDecoder().decode(find(steps, "openModule").request));
  assert.equal(request.args, ["/app.wasm", "x"]);
  assert.equal(request.preopens, [{ guest: "/", host: "/" }]);
});

test("startContainer hooks of a Wasm module run in a child that has accepted the start", () => {
  const { steps } = planContainer(
    spec((config) => {
      config.annotations = { "run.oci.handler": "wasm" };
      config.hooks = { startContainer: [{ path: "/bin/one" }, { path: "/bin/two" }] };
    }),
    context,
  );
  assert.is(find(steps, "startHooks").count, 2);
  const tail = words(steps).slice(kinds(steps).indexOf("startHooks") - 1);
  assert.equal(tail.slice(0, 5), [
    "workingDirectory /",
    "startHooks",
    "hook /bin/one",
    "hook /bin/two",
    "openModule sh",
  ]);
});

test("an annotation that is not implemented is refused by its pointer", () => {
  for (const name of ["run.oci.seccomp.plugins"]) {
    const change = (config: DeepMutable<Spec>) => {
      config.annotations = { [name]: "x" };
    };
    assert.throws(
      () => planContainer(spec(change), context),
      (error: Error) => error.message.includes(`/annotations/${name}): this annotation is not supported`),
    );
  }
});

test("the error of a resource limit names it", () => {
  const { steps } = planContainer(
    spec((config) =>
      Object.assign(config.process ?? {}, { rlimits: [{ type: "RLIMIT_NICE", soft: 1, hard: 2 }] }),
    ),
    context,
  );
  assert.is(subjectOf(find(steps, "rlimit")), "RLIMIT_NICE");
});

const withoutMounts = (more: object = {}) =>
  spec((config) => Object.assign(config.linux ?? {}, { namespaces: [{ type: "pid" }] }, more));

test("without a mount namespace the rootfs is a detached tree, and the caller's mounts stay as they are", () => {
  const { steps } = planContainer(withoutMounts(), context);
  assert.is(find(steps, "rootfs").detached, 1);
  const words = kinds(steps);
  assert.ok(words.includes("changeRoot"));
  for (const kind of ["hostPropagation", "pivotRoot", "moveRoot"])
    assert.not(words.includes(kind as StepKind));
});

test("without a mount namespace a shared rootfs and the Wasm engine are refused", () => {
  const wasm = withoutMounts();
  for (const config of [
    withoutMounts({ rootfsPropagation: "shared" }),
    { ...wasm, annotations: { "run.oci.handler": "wasm" } },
  ]) {
    assert.throws(
      () => planContainer(config, context),
      (error: Error) => /there is no mount namespace/.test(error.message),
    );
  }
});

test("without a process the container waits for start all the same, and ends", () => {
  const config = spec();
  const { process: _, ...rest } = config;
  assert.equal(kinds(planContainer(rest, context).steps).slice(-3), ["ready", "awaitStart", "noProcess"]);
  assert.throws(
    () => planContainer(rest, { ...context, waits: false }),
    (error: Error) => /there is no process to run/.test(error.message),
  );
});

test("scheduling: policy, I/O priority, memory policy and personality", () => {
  const { steps } = planContainer(
    spec((config) => {
      Object.assign(config.process ?? {}, {
        scheduler: { policy: "SCHED_OTHER", nice: -5, flags: ["SCHED_FLAG_RESET_ON_FORK"] },
        ioPriority: { class: "IOPRIO_CLASS_BE", priority: 6 },
      });
      Object.assign(config.linux ?? {}, {
        memoryPolicy: { mode: "MPOL_BIND", nodes: "0-1,65", flags: ["MPOL_F_STATIC_NODES"] },
        personality: { domain: "LINUX32" },
      });
    }),
    context,
  );
  const scheduler = find(steps, "scheduler");
  assert.equal([scheduler.policy, scheduler.nice | 0, scheduler.flags], [0, -5, 1n]);
  assert.is(find(steps, "ioPriority").value, (2 << 13) | 6);
  const policy = find(steps, "memoryPolicy");
  assert.is(policy.mode, 0x8002);
  assert.equal([...policy.nodes], [3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
  assert.is(find(steps, "personality").domain, 8);
});

test.run();
