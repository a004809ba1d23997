/** runtime-spec config.md, "User" and "Process" for POSIX and Linux: who the process is and what it may do. */
import { assert, type Config, clause, conclude, put } from "./harness/index.ts";

/** The lines of /proc/self/status with the given names, as name → value. */
function status(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.split(/:\s*/, 2)),
  );
}

const STATUS = "grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Umask)' /proc/self/status";

function user(uid: number, gid: number, more: Partial<Config["process"]["user"]> = {}) {
  return (c: Config): void => {
    c.process.user = { uid, gid, ...more };
  };
}

clause("user.uid, user.gid: real, effective, saved and file system ids", (t) => {
  const { Uid, Gid } = status(t.shell(STATUS, user(1234, 4321)));
  assert.is(Uid, "1234\t1234\t1234\t1234");
  assert.is(Gid, "4321\t4321\t4321\t4321");
});

clause("user.additionalGids: exactly these are the supplementary groups", (t) => {
  assert.is(
    status(t.shell(STATUS, user(1000, 1000, { additionalGids: [7, 2000, 60_000] }))).Groups,
    "7 2000 60000 ",
  );
});

clause("user.additionalGids: none of the caller's supplementary groups stays", (t) => {
  const container = t.container((c) => (c.process.args = ["grep", "Groups", "/proc/self/status"]));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute(["setpriv", "--groups", "4,24,27", ...argv]);
  assert.match(assert.succeeds(result).stdout, /^Groups:\s*(0\s*)?$/);
});

clause("user.umask: mask of the process", (t) => {
  assert.is(t.shell("umask", user(0, 0, { umask: 0o027 })), "0027\n");
  assert.is(t.shell("umask", user(0, 0, { umask: 0 })), "0000\n");
});

clause("user.umask: 0022 without it, whatever the caller's is", (t) => {
  const container = t.container((c) => (c.process.args = ["sh", "-c", "umask"]));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute(["sh", "-c", 'umask 077; exec "$@"', "sh", ...argv]);
  assert.is(assert.succeeds(result).stdout, "0022\n");
});

clause("user: the process may do no more than the user may", (t) => {
  const script = "cat /etc/secret 2>&1 || echo > /etc/new 2>&1; true";
  const result = t.shellIn(script, user(1000, 1000), ({ rootfs }) => {
    t.execute(["install", "-m", "600", "/dev/null", `${rootfs}/etc/secret`]);
  });
  assert.match(result.stdout, /\/etc\/secret': Permission denied/);
  assert.match(result.stderr, /can't create \/etc\/new: Permission denied/);
});

/** Capability numbers of capability.h. */
const CHOWN = 1n << 0n;
const KILL = 1n << 5n;
const SETGID = 1n << 6n;
const NET_BIND_SERVICE = 1n << 10n;

const SETS = {
  bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID", "CAP_NET_BIND_SERVICE"],
  permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID"],
  effective: ["CAP_CHOWN", "CAP_KILL"],
  inheritable: ["CAP_KILL", "CAP_SETGID"],
  ambient: ["CAP_KILL"],
};

const hex = (mask: bigint): string => mask.toString(16).padStart(16, "0");

clause("capabilities: the five sets of an unprivileged user after execve", (t) => {
  const all = status(
    t.shell(STATUS, (c) => {
      user(1000, 1000)(c);
      c.process.capabilities = SETS;
    }),
  );
  assert.is(all.CapBnd, hex(CHOWN | KILL | SETGID | NET_BIND_SERVICE));
  assert.is(all.CapInh, hex(KILL | SETGID));
  assert.is(all.CapAmb, hex(KILL));
  // capabilities(7): without file capabilities, execve leaves a user the ambient set.
  assert.is(all.CapPrm, hex(KILL));
  assert.is(all.CapEff, hex(KILL));
});

clause("capabilities: uid 0 after execve: the permitted ones, or all bounding ones if it may gain", (t) => {
  for (const noNewPrivileges of [true, false]) {
    const all = status(
      t.shell(STATUS, (c) => {
        c.process.noNewPrivileges = noNewPrivileges;
        c.process.capabilities = { ...SETS, ambient: [] };
      }),
    );
    const permitted = CHOWN | KILL | SETGID;
    assert.is(all.CapBnd, hex(permitted | NET_BIND_SERVICE));
    assert.is(all.CapPrm, hex(noNewPrivileges ? permitted : permitted | NET_BIND_SERVICE));
    assert.is(all.CapAmb, hex(0n));
  }
});

clause("capabilities: without the property a user has none", (t) => {
  const all = status(
    t.shell(STATUS, (c) => {
      user(1000, 1000)(c);
      put(c, "/process/capabilities", undefined);
    }),
  );
  assert.is(all.CapEff, hex(0n));
  assert.is(all.CapPrm, hex(0n));
  assert.is(all.CapAmb, hex(0n));
});

clause("capabilities: empty sets leave nothing, to root neither", (t) => {
  const none = { bounding: [], permitted: [], effective: [], inheritable: [], ambient: [] };
  const all = status(t.shell(STATUS, (c) => (c.process.capabilities = none)));
  for (const set of ["CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"]) assert.is(all[set], hex(0n), set);
});

clause(
  "capabilities: a name that the kernel does not know is a warning",
  (t) => {
    const result = t.shellIn(
      "true",
      (c) => c.process.capabilities.bounding?.push("CAP_OF_TOMORROW"),
      () => {},
    );
    assert.match(result.stderr, /CAP_OF_TOMORROW/);
  },
  { differs: { crun: "refuses unknown names" } },
);

clause("capabilities: no securebits are left set, so later user changes behave as usual", (t) => {
  const container = t.container((c) => (c.process.args = ["/bin/probe", "securebits"]));
  assert.is(assert.succeeds(container.run()).stdout, "0\n");
});

clause("noNewPrivileges: in force when true, not when false", (t) => {
  for (const wanted of [true, false]) {
    const all = status(t.shell(STATUS, (c) => (c.process.noNewPrivileges = wanted)));
    assert.is(all.NoNewPrivs, wanted ? "1" : "0");
  }
});

clause("rlimits: soft and hard limit of each type", (t) => {
  // Below the usual limits of root, so that no capability is needed to set them.
  const limits: [type: string, line: string, soft: number, hard: number][] = [
    ["RLIMIT_AS", "Max address space", 500_000_000, 600_000_000],
    ["RLIMIT_CORE", "Max core file size", 0, 0],
    ["RLIMIT_CPU", "Max cpu time", 1000, 2000],
    ["RLIMIT_DATA", "Max data size", 300_000_000, 400_000_000],
    ["RLIMIT_FSIZE", "Max file size", 1_000_000, 2_000_000],
    ["RLIMIT_LOCKS", "Max file locks", 10, 20],
    ["RLIMIT_MEMLOCK", "Max locked memory", 4096, 8192],
    ["RLIMIT_MSGQUEUE", "Max msgqueue size", 4096, 8192],
    ["RLIMIT_NICE", "Max nice priority", 0, 0],
    ["RLIMIT_NOFILE", "Max open files", 512, 768],
    ["RLIMIT_NPROC", "Max processes", 100, 200],
    ["RLIMIT_RSS", "Max resident set", 1_000_000, 2_000_000],
    ["RLIMIT_RTPRIO", "Max realtime priority", 0, 0],
    ["RLIMIT_RTTIME", "Max realtime timeout", 5000, 6000],
    ["RLIMIT_SIGPENDING", "Max pending signals", 50, 60],
    ["RLIMIT_STACK", "Max stack size", 4_000_000, 5_000_000],
  ];
  const text = t.shell("cat /proc/self/limits", (c) => {
    c.process.rlimits = limits.map(([type, , soft, hard]) => ({ type, soft, hard }));
  });
  for (const [type, line, soft, hard] of limits) {
    assert.match(text, new RegExp(`^${line} +${soft} +${hard} `, "m"), type);
  }
});

clause("rlimits: the largest value is no limit", (t) => {
  // Written as text: no JavaScript number is 2^64-1.
  const container = t.container((c) => {
    c.process.args = ["cat", "/proc/self/limits"];
    c.process.rlimits = [{ type: "RLIMIT_FSIZE", soft: 18446744, hard: 18446744 }];
  });
  t.execute([
    "sed",
    "-i",
    "s/18446744$/18446744073709551615/; s/18446744,$/18446744073709551615,/",
    `${container.bundle}/config.json`,
  ]);
  assert.match(assert.succeeds(container.run()).stdout, /^Max file size +unlimited +unlimited /m);
});

clause(
  "rlimits: a type that is there twice is an error",
  (t) => {
    const container = t.container((c) => {
      c.process.rlimits.push({ type: "RLIMIT_NOFILE", soft: 10, hard: 20 });
    });
    assert.refuses(container.run(), /\/process\/rlimits\/1/, /RLIMIT_NOFILE/);
  },
  { differs: { runc: "the last one wins", crun: "the last one wins" } },
);

clause("rlimits: an unknown type is an error", (t) => {
  const container = t.container((c) => c.process.rlimits.push({ type: "RLIMIT_LUCK", soft: 1, hard: 1 }));
  assert.refuses(container.run(), /RLIMIT_LUCK/);
});

clause("rlimits: a soft limit above the hard one is an error", (t) => {
  const container = t.container((c) => (c.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 20, hard: 10 }]));
  assert.refuses(container.run(), /invalid argument|hard limit 10, found 20/i);
});

clause("oomScoreAdj: set for the container's processes only", (t) => {
  const script = "cat /proc/self/oom_score_adj";
  assert.is(
    t.shell(script, (c) => (c.process.oomScoreAdj = 321)),
    "321\n",
  );
  const own = t.execute(["cat", "/proc/self/oom_score_adj"]).stdout;
  assert.is(t.shell(script), own);
});

conclude();
