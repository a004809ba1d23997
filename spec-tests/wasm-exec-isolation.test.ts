/** The command exec in a Wasm container: what confines the further modules, and in which containers they run. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Container,
  conclude,
  type Edit,
  MAPPED,
  mapUsers,
  runtimePath,
  until,
} from "./harness/index.ts";
import { guestModule } from "./harness/programs.ts";
import { asked, execIn, moduleContainer, sleepingModule, wasmClause } from "./harness/wasm.ts";

const MIB = 1024 * 1024;

interface Task {
  readonly pid: number;
  readonly container: Container;
}

/** A second module in the container, by --detach and --pid-file, while it runs. */
async function beside(t: Case, edit: Edit, look: (second: Task) => void | Promise<void>): Promise<void> {
  const container = await sleepingModule(t, edit);
  const pidFile = t.path("pid");
  const words = ["exec", "--detach", "--pid-file", pidFile, container.id, "/module.wasm", "sleep"];
  const command = t.start(t.argv(words));
  assert.succeeds(await command.ended);
  await until("the second module", () => command.stdout() === "sleeping\n");
  await look({ pid: Number(readFileSync(pidFile, "utf8")), container });
  await container.remove();
}

const CONFINED = /^(Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp|Seccomp_filters):.*$/gm;

/** What confines each thread of a process. */
function confinement(pid: number): Set<string> {
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
  return new Set(
    tasks.map((task) => {
      const kinds = readdirSync(`${task}/ns`).map((kind) => statSync(`${task}/ns/${kind}`).ino);
      const places = [statSync(`${task}/root/`), statSync(`${task}/cwd/`)].map(
        ({ dev, ino }) => `${dev}:${ino}`,
      );
      const status = readFileSync(`${task}/status`, "utf8").match(CONFINED);
      return [...kinds, ...places, ...(status ?? []), readFileSync(`${task}/cgroup`, "utf8")].join("\n");
    }),
  );
}

const profile: Edit = (c) => {
  c.process.user = { uid: 1000, gid: 2000, additionalGids: [3000] };
  c.process.oomScoreAdj = 123;
  c.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 200, hard: 300 }];
  c.linux.seccomp = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["kexec_load"], action: "SCMP_ACT_ERRNO" }],
  };
};

const limitsOf = (pid: number) => readFileSync(`/proc/${pid}/limits`, "utf8");

for (const [whose, edit] of [
  ["root's", () => {}],
  ["a user's, with a filter and limits", profile],
] as const) {
  wasmClause(`exec: the second module is confined as the first is: ${whose}`, async (t) => {
    await beside(t, edit, ({ pid, container }) => {
      const first = container.pid();
      assert.equal([...confinement(pid)], [...confinement(first)]);
      assert.is(confinement(pid).size, 1);
      assert.is(limitsOf(pid), limitsOf(first));
      assert.is(
        readFileSync(`/proc/${pid}/oom_score_adj`, "utf8"),
        readFileSync(`/proc/${first}/oom_score_adj`, "utf8"),
      );
      assert.is(
        readFileSync(`/proc/${pid}/mountinfo`, "utf8"),
        readFileSync(`/proc/${first}/mountinfo`, "utf8"),
      );
    });
  });
}

/** Each descriptor's file, without the numbers and inodes that differ. */
const descriptors = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`)
    .filter((fd) => Number(fd) > 2)
    .map((fd) => {
      const { dev, ino, mode } = statSync(`/proc/${pid}/fd/${fd}`);
      return (mode & 0o170000) === 0o100000 || (mode & 0o170000) === 0o040000 ? `${dev}:${ino}` : "other";
    })
    .sort();

wasmClause("exec: the second module holds what the first does, and nothing else runs", async (t) => {
  await beside(
    t,
    () => {},
    async ({ pid, container }) => {
      const first = container.pid();
      assert.equal(descriptors(pid), descriptors(first));
      await until("the helper's end", () => t.processes().length === 2);
      assert.equal(t.processes().sort(), [first, pid].sort());
      // What it maps but for its memory: the executable, and libraries that can be had by no path any more.
      assert.throws(() => writeFileSync(`/proc/${pid}/exe`, "x"));
      assert.equal(readdirSync(`/proc/${pid}/root/`).sort(), readdirSync(container.rootfs).sort());
    },
  );
});

/** Device and inode of each file that a process maps: its executable and libraries. */
function mapped(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/maps`, "utf8").split("\n");
  const files = lines.filter((line) => line.includes("/") && !line.includes("memfd:"));
  return [...new Set(files.map((line) => line.split(" ").slice(3, 5).join(" ")))].sort();
}

wasmClause("exec: the second module's engine is the same files as the first one's", async (t) => {
  await beside(
    t,
    () => {},
    ({ pid, container }) => {
      const first = mapped(container.pid());
      assert.ok(first.length >= 3);
      assert.equal(mapped(pid), first);
    },
  );
});

wasmClause("exec: the caller's descriptors are not the module's process's", async (t) => {
  const container = await sleepingModule(t);
  const pidFile = t.path("pid");
  const words = ["exec", "--detach", "--pid-file", pidFile, container.id, "/module.wasm", "sleep"];
  const open = 'for fd in 3 4 5 6 7 8 9; do eval "exec $fd</etc/passwd"; done; exec "$@"';
  const command = t.start(["bash", "-c", open, "bash", ...t.argv(words)]);
  assert.succeeds(await command.ended);
  await until("the second module", () => command.stdout() === "sleeping\n");
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.equal(descriptors(pid), descriptors(container.pid()));
  await container.remove();
});

wasmClause("exec: nothing of the rootfs takes part in the engine's start", async (t) => {
  const container = await sleepingModule(t, (_c, { rootfs }) => {
    const names = ["ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0"];
    mkdirSync(join(rootfs, "etc"));
    writeFileSync(join(rootfs, "etc/ld.so.preload"), "/lib64/libc.so.6\n");
    for (const directory of ["lib64", "lib", "usr/lib64", "usr/lib"]) {
      mkdirSync(join(rootfs, directory), { recursive: true });
      for (const name of names) writeFileSync(join(rootfs, directory, name), "hostile", { mode: 0o755 });
    }
  });
  assert.is(asked(container, [], "args"), "[/module.wasm]\n[args]\n");
  await container.remove();
});

wasmClause("exec: the container's annotations hold for each of its modules", async (t) => {
  const narrow: Edit = (c, { rootfs }) => {
    c.annotations = { ...c.annotations, "run.ocirt.wasm.preopens": "/data" };
    mkdirSync(join(rootfs, "data"));
    writeFileSync(join(rootfs, "data/file"), "of data\n");
    writeFileSync(join(rootfs, "secret"), "of the root\n");
  };
  const container = await sleepingModule(t, narrow);
  assert.is(asked(container, [], "cat", "/data/file"), "of data\n");
  assert.is(execIn(container, [], "/module.wasm", "cat", "/secret").status, 1);
  await container.remove();
});

wasmClause("exec: the memory of a second module ends where the container's limit is", async (t) => {
  const limited: Edit = (c) => (c.linux.resources = { memory: { limit: 64 * MIB } });
  const container = await sleepingModule(t, limited, ["hostile"]);
  const { stdout } = assert.succeeds(execIn(container, [], "/hostile.wasm", "memory"));
  assert.match(stdout, /^[34]\d MiB$/m);
  assert.is(container.state().status, "running");
  await container.remove();
});

wasmClause("exec: what another engine needs of the container's limits has to be left", async (t) => {
  const container = await sleepingModule(t, (c) => {
    c.linux.resources = { pids: { limit: 12 }, memory: { limit: 64 * MIB } };
  });
  const tasks = execIn(container, [], "/module.wasm", "args");
  assert.is(tasks.status, 255);
  const of = (what: string) => `ocirt: exec in the container: of its limit \\d+ ${what} are left`;
  const needs = (least: number) => `, too few for another Wasm engine; it needs ${least}\n$`;
  assert.match(tasks.stderr, new RegExp(of("tasks") + needs(8)));
  const limit = (...words: string[]) => assert.succeeds(container.command("update", ...words, container.id));
  limit("--pids-limit", "40");
  assert.is(asked(container, [], "args"), "[/module.wasm]\n[args]\n");
  await container.remove();
  const small = await sleepingModule(t, (c) => (c.linux.resources = { memory: { limit: 9 * MIB } }));
  const memory = execIn(small, [], "/module.wasm", "args");
  assert.match(memory.stderr, new RegExp(of("bytes of memory") + needs(8 * MIB)));
  assert.is(small.state().status, "running");
  await small.remove();
});

wasmClause("exec: in namespaces that are the host's", async (t) => {
  const container = await sleepingModule(t, (c) => {
    c.linux.namespaces = c.linux.namespaces.filter(({ type }) => type === "mount");
    c.mounts = c.mounts.filter(({ destination }) => destination !== "/sys");
    delete c.hostname;
  });
  assert.is(asked(container, [], "args"), "[/module.wasm]\n[args]\n");
  assert.is(execIn(container, [], "/module.wasm", "exit", "5").status, 5);
  await until("their ends", () => t.processes().length === 1);
  await container.remove();
});

wasmClause("exec: by the executor that the container has", async (t) => {
  // Whose output comes at the module's end, and whose sleep is none.
  const container = moduleContainer(t, ["spin"], (c, { rootfs }) => {
    c.annotations = { ...c.annotations, "run.ocirt.wasm.executor": "wasmer" };
    copyFileSync(guestModule("arguments"), join(rootfs, "arguments.wasm"));
    copyFileSync(guestModule("components/hello"), join(rootfs, "components-hello.wasm"));
  });
  await container.runDetached();
  const told = assert.succeeds(execIn(container, [], "/arguments.wasm", "one")).stdout;
  assert.is(told, "arg /arguments.wasm\narg one\nenv NAME=value\n");
  const { status, stderr } = execIn(container, [], "/components-hello.wasm");
  assert.is(status, 255);
  assert.match(stderr, /is a WebAssembly component \(WASI preview 2\), which this executor can't run/);
  await container.remove();
});

wasmClause("exec: in a user namespace, by an executable where its root may not go", async (t) => {
  t.execute(["install", "-d", "-m", "700", t.path("private")]);
  assert.succeeds(t.execute(["cp", runtimePath, t.path("private/runtime")]));
  const container = await sleepingModule(t, (c, { rootfs }) => {
    t.execute(["chown", "-R", `${MAPPED}:${MAPPED}`, rootfs]);
    mapUsers(c);
  });
  const argv = t.argv(["exec", container.id, "/module.wasm", "args"]);
  argv[0] = t.path("private/runtime");
  assert.is(assert.succeeds(t.execute(argv)).stdout, "[/module.wasm]\n[args]\n");
  await container.remove();
});

wasmClause("exec: in a user namespace, as root there", async (t) => {
  const container = await sleepingModule(t, (c, { rootfs }) => {
    t.execute(["chown", "-R", `${MAPPED}:${MAPPED}`, rootfs]);
    mapUsers(c);
  });
  assert.match(asked(container, [], "cat", "/proc/self/uid_map"), /^ +0 +100000 +65536\n$/);
  await container.remove();
});

/** Without anything at /proc. */
const procless: Edit = (c) => {
  c.mounts = c.mounts.filter(({ destination }) => !destination.startsWith("/proc"));
  c.linux.maskedPaths = [];
  c.linux.readonlyPaths = [];
};

wasmClause("exec: in a container without a proc", async (t) => {
  const container = await sleepingModule(t, procless);
  assert.is(asked(container, [], "args"), "[/module.wasm]\n[args]\n");
  await container.remove();
});

wasmClause(
  "exec: in a container without a proc, in a user namespace, it is an error that says so",
  async (t) => {
    const container = await sleepingModule(t, (c, made) => {
      procless(c, made);
      t.execute(["chown", "-R", `${MAPPED}:${MAPPED}`, made.rootfs]);
      mapUsers(c);
    });
    const { status, stderr } = execIn(container, [], "/module.wasm", "args");
    const text =
      "make the Wasm engine's surroundings: the container has no proc at /proc: operation not permitted (EPERM); mount proc at /proc";
    assert.equal([status, stderr], [255, `ocirt: ${text}\n`]);
    await container.remove();
  },
);

conclude();
