/** runtime-spec config-linux.md, "Seccomp": SCMP_ACT_NOTIFY, the listener, and the container process state. */
import { agent, assert, type Case, type Config, clause, conclude, until } from "./harness/index.ts";
import { moduleContainer, wasmClause } from "./harness/wasm.ts";

/** getppid(2) of x86-64 and of arm64. */
const GETPPID = process.arch === "x64" ? 110 : 173;

/** What the agent answers getppid with. */
const ANSWER = 4242;

/** System calls of all that can run between the filter and the program's end, write alone excepted. */
const ANY = [
  "capset capget prctl close close_range execve execveat sendmsg recvmsg sendto futex sched_yield mmap munmap brk",
  "mprotect arch_prctl set_tid_address exit exit_group ioctl writev read readv fcntl openat open newfstatat fstat",
  "rt_sigprocmask rt_sigaction getpid tgkill clone wait4 getuid geteuid getppid set_robust_list prlimit64 rseq",
]
  .join(" ")
  .split(" ");

/** Hands the calls to the agent's socket. */
function notify(c: Config, t: Case, names: readonly string[]): void {
  c.linux.seccomp = {
    defaultAction: "SCMP_ACT_ALLOW",
    listenerPath: t.path("agent.sock"),
    listenerMetadata: "of the test",
    syscalls: [{ names: [...names], action: "SCMP_ACT_NOTIFY" }],
  };
}

async function startAgent(t: Case, socket = "agent.sock") {
  const running = t.start([agent(), t.path(socket), String(GETPPID), String(ANSWER)]);
  await until("the agent listens", () => running.stdout().startsWith("ready"));
  return running;
}

const asksForParent = (c: Config): void => {
  c.process.args = ["/bin/probe", "call", "getppid"];
};

clause("SCMP_ACT_NOTIFY: the agent at listenerPath answers the call", async (t) => {
  const running = await startAgent(t);
  const container = t.container((c) => {
    asksForParent(c);
    notify(c, t, ["getppid"]);
  });
  assert.is(assert.succeeds(container.run()).stdout, `ok ${ANSWER}\n`);
  assert.match(running.stdout(), new RegExp(`answered ${GETPPID}\n`));
});

clause(
  "SCMP_ACT_NOTIFY: create and start, without no_new_privs, with SECCOMP_FILTER_FLAG_TSYNC",
  async (t) => {
    await startAgent(t);
    const container = t.container((c) => {
      asksForParent(c);
      notify(c, t, ["getppid"]);
      if (c.linux.seccomp !== undefined) c.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_TSYNC"];
      c.process.noNewPrivileges = false;
    });
    assert.is(await container.whole(), `ok ${ANSWER}\n`);
  },
  { differs: { runc: "1.1.5 knows no flags", crun: "1.8.1 lets the kernel refuse TSYNC beside a listener" } },
);

clause(
  "SCMP_ACT_NOTIFY: the container process state goes with the descriptor",
  async (t) => {
    const running = await startAgent(t);
    const container = t.container((c) => {
      asksForParent(c);
      notify(c, t, ["getppid"]);
      c.annotations = { "org.example.key": "value" };
    });
    await container.create();
    const pid = container.pid();
    container.start();
    await container.waitFor("stopped");
    const message = JSON.parse(running.stdout().split("\n")[1] ?? "");
    container.delete();
    assert.equal(message.fds, ["seccompFd"]);
    assert.is(message.pid, pid);
    assert.is(message.metadata, "of the test");
    assert.is(message.state.id, container.id);
    assert.is(message.state.pid, pid);
    assert.is(message.state.bundle, container.bundle);
    assert.match(message.state.status, /^creat(ing|ed)$/);
    assert.match(message.ociVersion, /^1\./);
  },
  { differs: { crun: "1.8.1 sends more than the state's text" } },
);

clause(
  "SCMP_ACT_NOTIFY: any system call may be one that the agent answers: nobody waits for himself",
  async (t) => {
    for (const noNewPrivileges of [true, false]) {
      const socket = `agent${noNewPrivileges}.sock`;
      await startAgent(t, socket);
      const container = t.container((c) => {
        asksForParent(c);
        notify(c, t, ANY);
        if (c.linux.seccomp !== undefined) c.linux.seccomp.listenerPath = t.path(socket);
        c.process.noNewPrivileges = noNewPrivileges;
      }, `-${noNewPrivileges}`);
      assert.is(await container.whole(), `ok ${ANSWER}\n`);
    }
  },
  { differs: { runc: "its init makes system calls while nobody has the listener yet" } },
);

clause(
  "listenerPath: nobody listens: an error, and nothing is left",
  async (t) => {
    const edit = (c: Config): void => {
      asksForParent(c);
      notify(c, t, ["getppid"]);
    };
    assert.refuses(t.container(edit, "-run").run(), /failed to connect with seccomp agent/, /agent\.sock/);
  },
  { differs: { crun: "other words" } },
);

clause(
  "listenerPath: nobody listens at `start`: an error, and the container has stopped",
  async (t) => {
    const container = t.container((c) => {
      asksForParent(c);
      notify(c, t, ["getppid"]);
    });
    await container.create();
    assert.refuses(
      container.command("start", container.id),
      /failed to connect with seccomp agent/,
      /ENOENT/,
    );
    assert.is(container.state().status, "stopped");
    container.delete();
    assert.is(container.output(), "");
  },
  { needs: ["ocirt"] },
);

clause(
  "SCMP_ACT_NOTIFY: refused for write, by the same words as runc's",
  (t) => {
    const container = t.container((c) => notify(c, t, ["write"]));
    assert.refuses(container.run(), /SCMP_ACT_NOTIFY cannot be used for the write syscall/);
  },
  { differs: { crun: "lets the agent answer write, too" } },
);

clause(
  "listenerPath: without a rule that needs it nobody is asked",
  (t) => {
    const output = t.shell("echo runs", (c) => {
      c.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: t.path("agent.sock") };
    });
    assert.is(output, "runs\n");
  },
  { differs: { crun: "connects in any case" } },
);

clause(
  "run.oci.seccomp.receiver: the agent where listenerPath names none",
  async (t) => {
    await startAgent(t);
    const container = t.container((c) => {
      asksForParent(c);
      notify(c, t, ["getppid"]);
      if (c.linux.seccomp !== undefined) {
        delete c.linux.seccomp.listenerPath;
        delete c.linux.seccomp.listenerMetadata;
      }
      c.annotations = { "run.oci.seccomp.receiver": t.path("agent.sock") };
    });
    assert.is(assert.succeeds(container.run()).stdout, `ok ${ANSWER}\n`);
  },
  { differs: { runc: "an annotation of crun" } },
);

wasmClause("SCMP_ACT_NOTIFY: the agent gets the listener of a Wasm module's engine", async (t) => {
  const running = await startAgent(t);
  const container = moduleContainer(t, ["args"], (c) => notify(c, t, [...ANY, "getrandom"]));
  assert.match(await container.whole(), /module\.wasm/);
  assert.match(running.stdout(), /seccompFd/);
});

conclude();
