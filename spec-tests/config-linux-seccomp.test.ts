/** runtime-spec config-linux.md, "Seccomp". */
import { assert, type Config, clause, conclude, put } from "./harness/index.ts";

type Seccomp = NonNullable<Config["linux"]["seccomp"]>;
type Rule = NonNullable<Seccomp["syscalls"]>[number];

/** Everything allowed but for the given rules. */
function filter(...syscalls: Rule[]): Seccomp {
  return { defaultAction: "SCMP_ACT_ALLOW", syscalls };
}

/** Runs one system call under a filter: `ok N`, `errno N`. */
function call(seccomp: Seccomp, ...probe: (string | number)[]): (c: Config) => void {
  return (c) => {
    c.process.args = ["/bin/probe", "call", ...probe.map(String)];
    c.linux.seccomp = seccomp;
  };
}

const EPERM = 1;
const ENOSYS = 38;

/** What runtimes and a static program of musl need between the filter and the end. */
const NEEDED = [
  "execve arch_prctl set_tid_address ioctl writev write readv exit exit_group brk mmap munmap",
  "getppid prctl close fcntl read openat open newfstatat fstat rt_sigprocmask rt_sigaction futex",
  "capset setuid setgid setgroups chdir fstatfs getdents64 capget getpid tgkill execveat epoll_ctl",
  "nanosleep sched_yield clone getcwd dup3 mprotect rt_sigreturn madvise lstat stat poll recvmsg",
  "sendmsg sendto recvfrom faccessat2 fchdir fchown setresuid setresgid umask setsid keyctl dup2",
  "close_range statx sendmmsg pidfd_open waitid wait4 unlinkat",
]
  .join(" ")
  .split(" ");

clause("seccomp: without it no filter is installed", (t) => {
  assert.is(t.shell("grep '^Seccomp:' /proc/self/status"), "Seccomp:\t0\n");
});

clause("seccomp: with it a filter is installed", (t) => {
  const output = t.shell("grep '^Seccomp:' /proc/self/status", (c) => (c.linux.seccomp = filter()));
  assert.is(output, "Seccomp:\t2\n");
});

clause("syscalls: SCMP_ACT_ERRNO: the call fails with EPERM; others go through", (t) => {
  const denied = filter({ names: ["getppid", "mkdirat"], action: "SCMP_ACT_ERRNO" });
  assert.is(t.container(call(denied, "getppid"), "-a").run().stdout, `errno ${EPERM}\n`);
  assert.is(t.container(call(denied, "umask", 0), "-b").run().stdout, "ok 18\n");
});

clause("syscalls: errnoRet is the errno", (t) => {
  const denied = filter({ names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 77 });
  assert.is(t.container(call(denied, "getppid")).run().stdout, "errno 77\n");
});

clause("defaultAction: for all calls without a rule; defaultErrnoRet its errno", (t) => {
  const seccomp: Seccomp = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 99,
    syscalls: [{ names: NEEDED, action: "SCMP_ACT_ALLOW" }],
  };
  assert.is(t.container(call(seccomp, "personality", -1), "-a").run().stdout, "errno 99\n");
  assert.match(t.container(call(seccomp, "getppid"), "-b").run().stdout, /^ok \d+\n$/);
});

clause(
  "defaultAction: a call that is newer than all that the filter knows fails with ENOSYS, as programs expect",
  (t) => {
    const seccomp: Seccomp = {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: EPERM,
      syscalls: [{ names: NEEDED, action: "SCMP_ACT_ALLOW" }],
    };
    assert.is(t.container(call(seccomp, 1000), "-new").run().stdout, `errno ${ENOSYS}\n`);
    assert.is(t.container(call(seccomp, "kexec_load"), "-old").run().stdout, `errno ${EPERM}\n`);
  },
  { differs: { runc: "fails with the default errno", crun: "fails with the default errno" } },
);

clause("syscalls: SCMP_ACT_KILL_PROCESS: the process ends by SIGSYS", (t) => {
  const killed = filter({ names: ["getppid"], action: "SCMP_ACT_KILL_PROCESS" });
  assert.is(t.container(call(killed, "getppid")).run().status, 159);
});

clause("syscalls: SCMP_ACT_KILL: the process ends by SIGSYS", (t) => {
  const killed = filter({ names: ["getppid"], action: "SCMP_ACT_KILL" });
  assert.is(t.container(call(killed, "getppid")).run().status, 159);
});

clause("syscalls: SCMP_ACT_TRAP: a SIGSYS that ends the process without a handler", (t) => {
  const trapped = filter({ names: ["getppid"], action: "SCMP_ACT_TRAP" });
  assert.is(t.container(call(trapped, "getppid")).run().status, 159);
});

clause("syscalls: SCMP_ACT_LOG and SCMP_ACT_ALLOW let the call through", (t) => {
  for (const action of ["SCMP_ACT_LOG", "SCMP_ACT_ALLOW"] as const) {
    const result = t.container(call(filter({ names: ["getppid"], action }), "getppid"), `-${action}`).run();
    assert.match(assert.succeeds(result).stdout, /^ok \d+\n$/);
  }
});

clause("args: a rule applies where all its comparisons hold", (t) => {
  const rule: Rule = {
    names: ["getpriority"],
    action: "SCMP_ACT_ERRNO",
    errnoRet: ENOSYS,
    args: [
      { index: 0, value: 0, op: "SCMP_CMP_EQ" },
      { index: 1, value: 5, op: "SCMP_CMP_GT" },
    ],
  };
  const found = [
    [0, 6],
    [0, 5],
    [1, 6],
  ].map(
    ([which = 0, who = 0]) =>
      t.container(call(filter(rule), "getpriority", which, who), `-${which}${who}`).run().stdout,
  );
  assert.is(found[0], `errno ${ENOSYS}\n`);
  assert.is.not(found[1], `errno ${ENOSYS}\n`);
  assert.is.not(found[2], `errno ${ENOSYS}\n`);
});

/** Which of the arguments 3, 4, 5, 6, 7 of umask(2) are denied by a comparison. */
function deniedBy(t: Parameters<Parameters<typeof clause>[1]>[0], arg: Record<string, unknown>): number[] {
  const denied: number[] = [];
  for (const mask of [3, 4, 5, 6, 7]) {
    const rule = { names: ["umask"], action: "SCMP_ACT_ERRNO", errnoRet: 99, args: [{ index: 0, ...arg }] };
    const suffix = `-${JSON.stringify(arg).replace(/\W/g, "")}${mask}`;
    const container = t.container((c) => {
      call(filter(), "umask", mask)(c);
      put(c, "/linux/seccomp/syscalls", [rule]);
    }, suffix);
    if (container.run().stdout === "errno 99\n") denied.push(mask);
  }
  return denied;
}

clause("args: the operators", (t) => {
  const operators: [op: string, value: number, denied: number[]][] = [
    ["SCMP_CMP_EQ", 5, [5]],
    ["SCMP_CMP_NE", 5, [3, 4, 6, 7]],
    ["SCMP_CMP_LT", 5, [3, 4]],
    ["SCMP_CMP_LE", 5, [3, 4, 5]],
    ["SCMP_CMP_GT", 5, [6, 7]],
    ["SCMP_CMP_GE", 5, [5, 6, 7]],
  ];
  for (const [op, value, denied] of operators) assert.equal(deniedBy(t, { op, value }), denied, op);
});

clause("args: SCMP_CMP_MASKED_EQ compares the bits of value with valueTwo", (t) => {
  assert.equal(deniedBy(t, { op: "SCMP_CMP_MASKED_EQ", value: 6, valueTwo: 4 }), [4, 5]);
});

clause("seccomp: in force with and without noNewPrivileges, for root and for users", (t) => {
  for (const noNewPrivileges of [true, false]) {
    for (const uid of [0, 1000]) {
      const result = t
        .container((c) => {
          call(filter({ names: ["personality"], action: "SCMP_ACT_ERRNO" }), "personality", -1)(c);
          c.process.noNewPrivileges = noNewPrivileges;
          c.process.user = { uid, gid: uid };
        }, `-${noNewPrivileges}${uid}`)
        .run();
      assert.is(assert.succeeds(result).stdout, `errno ${EPERM}\n`);
    }
  }
});

clause("seccomp: the calls that set the container up are not the filter's", (t) => {
  const names = [
    "mount",
    "pivot_root",
    "setgroups",
    "setuid",
    "sethostname",
    "umount2",
    "unshare",
    "setns",
    "capset",
  ];
  // Without new privileges the filter can be the last step before execve.
  const output = t.shell(
    "echo ran",
    (c) => (c.linux.seccomp = filter({ names, action: "SCMP_ACT_KILL_PROCESS" })),
  );
  assert.is(output, "ran\n");
});

clause("seccomp: what start and the waiting process say to each other is not the filter's", async (t) => {
  const names = ["sendmsg", "sendto", "recvmsg", "write"];
  const container = t.container((c) => {
    c.process.args = ["true"];
    c.linux.seccomp = filter({ names, action: "SCMP_ACT_KILL_PROCESS" });
  });
  await container.whole();
});

clause("architectures: the native one and others", (t) => {
  const seccomp: Seccomp = {
    ...filter({ names: ["getppid"], action: "SCMP_ACT_ERRNO" }),
    architectures: [
      "SCMP_ARCH_X86_64",
      "SCMP_ARCH_X86",
      "SCMP_ARCH_X32",
      "SCMP_ARCH_AARCH64",
      "SCMP_ARCH_ARM",
    ],
  };
  assert.is(assert.succeeds(t.container(call(seccomp, "getppid")).run()).stdout, `errno ${EPERM}\n`);
});

clause(
  "flags: are set",
  (t) => {
    for (const flag of [
      "SECCOMP_FILTER_FLAG_TSYNC",
      "SECCOMP_FILTER_FLAG_LOG",
      "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    ]) {
      const seccomp = { ...filter({ names: ["getppid"], action: "SCMP_ACT_ERRNO" }), flags: [flag] };
      const result = t.container(call(seccomp, "getppid"), `-${flag}`).run();
      assert.is(assert.succeeds(result).stdout, `errno ${EPERM}\n`, flag);
    }
  },
  { differs: { runc: "of a later version" } },
);

clause("syscalls: a name that this kernel or library does not know is passed over", (t) => {
  const seccomp = filter(
    { names: ["call_of_tomorrow", "getppid"], action: "SCMP_ACT_ERRNO" },
    { names: ["another_one"], action: "SCMP_ACT_ALLOW" },
  );
  assert.is(assert.succeeds(t.container(call(seccomp, "getppid")).run()).stdout, `errno ${EPERM}\n`);
});

clause("seccomp: the same filter twice: the cached one filters as the first", (t) => {
  const seccomp = filter({ names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 42 });
  for (const round of ["-1", "-2", "-3"]) {
    assert.is(t.container(call(seccomp, "getppid"), round).run().stdout, "errno 42\n");
  }
  const other = filter({ names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 43 });
  assert.is(t.container(call(other, "getppid"), "-4").run().stdout, "errno 43\n");
});

clause("defaultAction: an unknown one is an error that names it", (t) => {
  const container = t.container((c) => put(c, "/linux/seccomp", { defaultAction: "SCMP_ACT_SHRUG" }));
  assert.refuses(container.run(), /SCMP_ACT_SHRUG/);
});

clause(
  "syscalls: unknown actions, operators, architectures and flags are errors that name them",
  (t) => {
    const wrong: Record<string, object> = {
      SCMP_ACT_SHRUG: { syscalls: [{ names: ["getppid"], action: "SCMP_ACT_SHRUG" }] },
      SCMP_CMP_ISH: {
        syscalls: [
          {
            names: ["getppid"],
            action: "SCMP_ACT_ERRNO",
            args: [{ index: 0, value: 1, op: "SCMP_CMP_ISH" }],
          },
        ],
      },
      SCMP_ARCH_ABACUS: { architectures: ["SCMP_ARCH_ABACUS"] },
      SECCOMP_FILTER_FLAG_FUZZY: { flags: ["SECCOMP_FILTER_FLAG_FUZZY"] },
    };
    for (const [name, part] of Object.entries(wrong)) {
      const container = t.container((c) => put(c, "/linux/seccomp", { ...filter(), ...part }), `-${name}`);
      assert.refuses(container.run(), new RegExp(name));
    }
  },
  { differs: { runc: "does not know flags", crun: "names only some" } },
);

clause(
  "syscalls: a rule without names is an error that names its place",
  (t) => {
    const container = t.container((c) => {
      put(c, "/linux/seccomp", { ...filter(), syscalls: [{ action: "SCMP_ACT_ERRNO" }] });
    });
    assert.refuses(container.run(), /\/linux\/seccomp\/syscalls\/0/, /names/);
  },
  { differs: { runc: "passes it over", crun: "names it otherwise" } },
);

conclude();
