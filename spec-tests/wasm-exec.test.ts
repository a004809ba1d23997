/** The command exec in a Wasm container: another module of its rootfs, or the same one with other arguments. */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Container,
  conclude,
  type Edit,
  MAPPED,
  mapUsers,
  outside,
  until,
} from "./harness/index.ts";
import { guestModule, probe } from "./harness/programs.ts";
import { moduleContainer, wasmClause } from "./harness/wasm.ts";

const MIB = 1024 * 1024;

/** A running container whose module sleeps, with guests of this repository beside it. */
async function sleeper(t: Case, edit: Edit = () => {}, guests: readonly string[] = []): Promise<Container> {
  const container = moduleContainer(t, ["sleep"], (c, made) => {
    for (const guest of guests) {
      copyFileSync(guestModule(guest), join(made.rootfs, `${guest.replace("/", "-")}.wasm`));
    }
    edit(c, made);
  });
  await container.runDetached();
  await container.says(/sleeping/);
  return container;
}

const exec = (container: Container, flags: string[], ...words: string[]) =>
  container.command("exec", ...flags, container.id, ...words);

/** What the container's own module prints for these arguments. */
const asked = (container: Container, flags: string[], ...question: string[]): string =>
  assert.succeeds(exec(container, flags, "/module.wasm", ...question), question.join(" ")).stdout;

wasmClause("exec: the same module with other arguments, another module, a component", async (t) => {
  const guests = ["arguments", "components/arguments"];
  const container = await sleeper(
    t,
    (_c, { rootfs }) => {
      mkdirSync(join(rootfs, "bin"));
      symlinkSync("../arguments.wasm", join(rootfs, "bin/told"));
    },
    guests,
  );
  assert.is(asked(container, [], "args", "two words"), "[/module.wasm]\n[args]\n[two words]\n");
  const told = "arg one\nenv NAME=value\n";
  const named = (...words: string[]) => assert.succeeds(exec(container, [], ...words)).stdout;
  assert.is(named("/arguments.wasm", "one"), `arg /arguments.wasm\n${told}`);
  assert.is(named("told", "one"), `arg told\n${told}`);
  assert.is(named("/components-arguments.wasm", "one"), `arg /components-arguments.wasm\n${told}`);
  await container.remove();
});

wasmClause("exec: the module's exit code, 134 for a trap, 128+n for a signal", async (t) => {
  const container = await sleeper(t);
  assert.is(exec(container, [], "/module.wasm", "exit", "7").status, 7);
  const trapped = exec(container, [], "/module.wasm", "trap");
  assert.is(trapped.status, 134);
  assert.match(trapped.stderr, /^ocirt: the module `\/module.wasm` trapped: .*\n +at main/);
  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const) {
    const command = t.start(t.argv(["exec", container.id, "/module.wasm", "spin"]));
    await until("the module", () => command.stdout().includes("spinning"));
    command.signal(signal);
    assert.is((await command.ended).status, code);
  }
  assert.is(container.state().status, "running");
  await container.remove();
});

wasmClause("exec: what is no module is told by what it is, with what to do", async (t) => {
  const container = await sleeper(t, (c, { rootfs }) => {
    c.process.env.push("PATH=/usr/bin:/bin");
    mkdirSync(join(rootfs, "bin"));
    copyFileSync(probe, join(rootfs, "bin/probe"));
    writeFileSync(join(rootfs, "script"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(rootfs, "text"), "(module)\n");
    writeFileSync(join(rootfs, "empty"), "");
    writeFileSync(join(rootfs, "secret.wasm"), "\0asm", { mode: 0o600 });
  });
  const only =
    "exec in a WebAssembly container runs modules only: run ordinary programs in a container of their own";
  const hint =
    "the container is a WebAssembly one: name a module of its rootfs, and run other programs in a container of their own";
  const refused: [string, string][] = [
    ["probe", `start the Wasm module: \`probe\` is an ELF program, not a WebAssembly module; ${only}`],
    ["/script", `start the Wasm module: \`/script\` is a script, not a WebAssembly module; ${only}`],
    ["/text", "start the Wasm module: `/text` is WebAssembly text; assemble it first, with wat2wasm"],
    ["/empty", "start the Wasm module: `/empty` is not a WebAssembly module"],
    ["sh", `exec: "sh": executable file not found in $PATH (\`/bin/sh\`); ${hint}`],
    ["/bin/sh", `exec: "/bin/sh": no such file or directory; ${hint}`],
    ["/bin", `exec: "/bin": is a directory; ${hint}`],
  ];
  for (const [program, text] of refused) {
    const { status, stdout, stderr } = exec(container, [], program);
    assert.equal([status, stdout, stderr], [255, "", `ocirt: ${text}\n`]);
  }
  const { status, stderr } = exec(container, ["--user", "1000"], "/secret.wasm");
  assert.equal([status, stderr], [255, `ocirt: exec: "/secret.wasm": permission denied; ${hint}\n`]);
  await until("the end of what was refused", () => t.processes().length === 1);
  await container.remove();
});

wasmClause("exec: environment, directory and user, of the options and of --process", async (t) => {
  const container = await sleeper(t, (_c, { rootfs }) => {
    mkdirSync(join(rootfs, "work"));
    copyFileSync(join(rootfs, "module.wasm"), join(rootfs, "work/moved.wasm"));
    writeFileSync(join(rootfs, "secret"), "secret\n", { mode: 0o600 });
  });
  assert.is(asked(container, ["-e", "MORE=1", "-e", "NAME=other"], "env"), "[MORE=1]\n[NAME=other]\n");
  const moved = assert.succeeds(exec(container, ["--cwd", "/work"], "./moved.wasm", "env"));
  assert.is(moved.stdout, "[NAME=value]\n[PWD=/work]\n");
  assert.is(asked(container, [], "cat", "/secret"), "secret\n");
  assert.match(exec(container, ["-u", "1000:1000"], "/module.wasm", "cat", "/secret").stdout, /denied/);
  const args = ["/module.wasm", "env"];
  const own = t.file(
    "process.json",
    JSON.stringify({ cwd: "/", args, env: ["OWN=1"], user: { uid: 0, gid: 0 } }),
  );
  assert.is(assert.succeeds(exec(container, ["--process", own])).stdout, "[OWN=1]\n");
  await container.remove();
});

wasmClause("exec: limits of the process that the engine can't live with", async (t) => {
  const container = await sleeper(t);
  const rlimits = [{ type: "RLIMIT_STACK", soft: 65536, hard: 65536 }];
  const process = { cwd: "/", args: ["/module.wasm", "env"], rlimits, user: { uid: 0, gid: 0 } };
  const own = t.file("process.json", JSON.stringify(process));
  assert.refuses(exec(container, ["--process", own]), /65536 bytes of stack are too few for the Wasm engine/);
  await container.remove();
});

wasmClause("exec: stdin, and a terminal with --tty", async (t) => {
  const container = await sleeper(t);
  const piped = t.runtime(["exec", container.id, "/module.wasm", "echo"], { input: "one\ntwo\n" });
  assert.is(assert.succeeds(piped).stdout, "echo one\necho two\n");
  const argv = t.argv(["exec", "-t", container.id, "/module.wasm", "echo"]);
  const typed = t.execute([outside, "pty", "31", "97", ...argv], { input: "typed\nend\n" });
  assert.match(assert.succeeds(typed).stdout, /^echo typed\r?$/m);
  await container.remove();
});

interface Task {
  readonly pid: number;
  readonly container: Container;
}

/** A second module in the container, by --detach and --pid-file, while it runs. */
async function beside(t: Case, edit: Edit, look: (second: Task) => void | Promise<void>): Promise<void> {
  const container = await sleeper(t, edit);
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

wasmClause("exec: the caller's descriptors are not the module's process's", async (t) => {
  const container = await sleeper(t);
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
  const container = await sleeper(t, (_c, { rootfs }) => {
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
  const container = await sleeper(t, narrow);
  assert.is(asked(container, [], "cat", "/data/file"), "of data\n");
  assert.is(exec(container, [], "/module.wasm", "cat", "/secret").status, 1);
  await container.remove();
});

wasmClause("exec: the memory of a second module ends where the container's limit is", async (t) => {
  const limited: Edit = (c) => (c.linux.resources = { memory: { limit: 64 * MIB } });
  const container = await sleeper(t, limited, ["hostile"]);
  const { stdout } = assert.succeeds(exec(container, [], "/hostile.wasm", "memory"));
  assert.match(stdout, /^[34]\d MiB$/m);
  assert.is(container.state().status, "running");
  await container.remove();
});

wasmClause("exec: in a user namespace, as root there", async (t) => {
  const container = await sleeper(t, (c, { rootfs }) => {
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
  const container = await sleeper(t, procless);
  assert.is(asked(container, [], "args"), "[/module.wasm]\n[args]\n");
  await container.remove();
});

wasmClause(
  "exec: in a container without a proc, in a user namespace, it is an error that says so",
  async (t) => {
    const container = await sleeper(t, (c, made) => {
      procless(c, made);
      t.execute(["chown", "-R", `${MAPPED}:${MAPPED}`, made.rootfs]);
      mapUsers(c);
    });
    const { status, stderr } = exec(container, [], "/module.wasm", "args");
    const text =
      "make the Wasm engine's surroundings: the container has no proc at /proc: operation not permitted (EPERM); mount proc at /proc";
    assert.equal([status, stderr], [255, `ocirt: ${text}\n`]);
    await container.remove();
  },
);

wasmClause("exec: hostile modules end as their own, and the container's first module goes on", async (t) => {
  const container = await sleeper(t, () => {}, ["hostile", "busy", "http-server"]);
  assert.match(exec(container, [], "/hostile.wasm", "descriptors").stdout, /opened, then EMFILE$/m);
  const busy = t.start(t.argv(["exec", container.id, "/busy.wasm"]));
  await until("the busy module", () => t.processes().length >= 3);
  assert.is(exec(container, [], "/module.wasm", "exit", "3").status, 3);
  busy.signal("SIGTERM");
  assert.is((await busy.ended).status, 143);
  assert.is(container.state().status, "running");
  await container.remove();
});

wasmClause("exec: in a created container, before its own module starts", async (t) => {
  const container = moduleContainer(t, ["exit", "0"]);
  await container.create();
  assert.is(asked(container, [], "args"), "[/module.wasm]\n[args]\n");
  assert.is(container.state().status, "created");
  container.start();
  await container.waitFor("stopped");
  container.delete();
});

wasmClause("exec: ten at once, and nothing is left of them", async (t) => {
  const container = await sleeper(t);
  const commands = Array.from({ length: 10 }, (_, index) =>
    t.start(t.argv(["exec", container.id, "/module.wasm", "exit", String(index)])),
  );
  const results = await Promise.all(commands.map((command) => command.ended));
  results.forEach(({ status, stderr }, index) => {
    assert.equal([status, stderr], [index, ""]);
  });
  await until("their ends", () => t.processes().length === 1);
  await container.remove();
});

wasmClause(
  "exec while the container ends: a status of its own or an error, and nothing is left",
  async (t) => {
    const container = await sleeper(t);
    const commands = Array.from({ length: 6 }, () =>
      t.start(t.argv(["exec", container.id, "/module.wasm", "sleep"])),
    );
    await until("one of them", () => commands.some((command) => command.stdout() !== ""));
    container.kill("KILL");
    for (const { status, stderr } of await Promise.all(commands.map((command) => command.ended))) {
      if (status === 137) continue;
      assert.is(status, 255, stderr);
      assert.match(stderr, /container not running|does not exist|stopped/, stderr);
    }
    await container.waitFor("stopped");
    container.delete();
  },
);

conclude();
