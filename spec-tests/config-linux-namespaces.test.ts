/** runtime-spec config-linux.md, "Namespaces": new ones, shared ones, and ones joined by path. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { assert, type Case, type Config, clause, conclude, put, share, until } from "./harness/index.ts";

type Kind = Config["linux"]["namespaces"][number]["type"];

/** The kinds and their names in /proc/PID/ns. */
const FILES: Readonly<Record<Kind, string>> = {
  cgroup: "cgroup",
  ipc: "ipc",
  mount: "mnt",
  network: "net",
  pid: "pid",
  time: "time",
  user: "user",
  uts: "uts",
};

const own = (kind: Kind): string => readlinkSync(`/proc/self/ns/${FILES[kind]}`);

/** The namespaces that a process in the container is in. */
function inside(t: Case, edit: (c: Config) => void): Record<string, string> {
  const script = 'for i in /proc/self/ns/*; do echo "$(basename $i) $(readlink $i)"; done';
  const lines = t.shell(script, edit).trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(" ", 2)));
}

/** A process that holds new namespaces, made by unshare(1) with the given options, and its pid. */
async function holder(t: Case, kind: Kind, ...options: string[]): Promise<number> {
  const pidFile = t.path("holder.pid");
  // A pid namespace is that of the child of unshare; its number in our namespace is what the file gets.
  const script = 'echo ready >"$0"; exec sleep 1000';
  const holding = t.start(["unshare", ...options, "sh", "-c", script, pidFile]);
  await until("the holder", () => {
    try {
      return readFileSync(pidFile, "utf8") !== "" || undefined;
    } catch {
      return undefined;
    }
  });
  if (!options.includes("--fork")) return holding.pid;
  const children = readFileSync(`/proc/${holding.pid}/task/${holding.pid}/children`, "utf8");
  assert.is.not(readlinkSync(`/proc/${children.trim()}/ns/${FILES[kind]}`), own(kind));
  return Number(children.trim());
}

function join(kind: Kind, path: string): (c: Config) => void {
  return (c) => {
    share(c, kind);
    c.linux.namespaces.push({ type: kind, path });
  };
}

clause(
  "namespaces without a path: new ones",
  (t) => {
    const kinds: Kind[] = ["pid", "network", "ipc", "uts", "mount", "cgroup"];
    const found = inside(t, (c) => c.linux.namespaces.push({ type: "cgroup" }));
    for (const kind of kinds) assert.is.not(found[FILES[kind]], own(kind), kind);
  },
  { needs: ["cgroup"] },
);

clause("namespaces that are not listed: the runtime's own", (t) => {
  const found = inside(t, (c) => {
    share(c, "pid", "network", "ipc", "uts");
    put(c, "/hostname", undefined);
    c.mounts = c.mounts.filter(({ type }) => type !== "mqueue" && type !== "sysfs");
    c.linux.maskedPaths = [];
  });
  for (const kind of ["pid", "network", "ipc", "uts", "user", "time"] as const) {
    if (!existsSync(`/proc/self/ns/${FILES[kind]}`)) continue;
    assert.is(found[FILES[kind]], own(kind), kind);
  }
});

clause("namespaces: pid: the program is its init, and sees no other process", (t) => {
  assert.is(t.shell("echo $$; set -- /proc/[0-9]*; echo $#"), "1\n1\n");
});

clause("namespaces: network: only a loopback interface, and it is up", (t) => {
  const output = t.shell(
    "ls /sys/class/net; cat /sys/class/net/lo/flags; ping -c 1 -W 2 127.0.0.1 | grep -c ' 0% packet loss'",
    (c) => {
      for (const set of ["bounding", "permitted", "effective"] as const)
        c.process.capabilities[set]?.push("CAP_NET_RAW");
    },
  );
  assert.match(output, /^lo\n0x9\n1\n$/);
});

clause(
  "namespaces: cgroup: the container's cgroup is its root",
  (t) => {
    const output = t.shell("cat /proc/self/cgroup", (c) => c.linux.namespaces.push({ type: "cgroup" }));
    for (const line of output.trim().split("\n")) assert.match(line, /:\/$/);
  },
  { needs: ["cgroup"] },
);

const joined: [kind: Kind, ...options: string[]][] = [
  ["network", "--net"],
  ["uts", "--uts"],
  ["ipc", "--ipc"],
  ["pid", "--pid", "--fork", "--kill-child"],
  ["cgroup", "--cgroup"],
];

for (const [kind, ...options] of joined) {
  clause(
    `namespaces: path: joins a ${kind} namespace`,
    async (t) => {
      const path = `/proc/${await holder(t, kind, ...options)}/ns/${FILES[kind]}`;
      const expected = readlinkSync(path);
      assert.is.not(expected, own(kind));
      assert.is(inside(t, join(kind, path))[FILES[kind]], expected);
    },
    kind === "cgroup" ? { needs: ["cgroup"] } : {},
  );
}

clause("namespaces: path: joins a mount namespace", async (t) => {
  const path = `/proc/${await holder(t, "mount", "--mount")}/ns/mnt`;
  const expected = readlinkSync(path);
  const found = inside(t, join("mount", path));
  assert.is(found.mnt, expected);
});

clause("namespaces: path: a joined uts namespace gets the hostname", async (t) => {
  const pid = await holder(t, "uts", "--uts");
  const output = t.shell("hostname", (c) => {
    join("uts", `/proc/${pid}/ns/uts`)(c);
    c.hostname = "joined";
  });
  assert.is(output, "joined\n");
  assert.is(t.execute(["nsenter", "--uts", `--target=${pid}`, "hostname"]).stdout, "joined\n");
});

clause("namespaces: path: in a joined pid namespace the program is not its init", async (t) => {
  const pid = await holder(t, "pid", "--pid", "--fork", "--kill-child");
  const output = t.shell("echo $$; ls /proc | grep -c '^1$'", join("pid", `/proc/${pid}/ns/pid`));
  assert.match(output, /^([2-9]|\d\d+)\n1\n$/);
});

clause("namespaces: path: the namespace outlives the container, its processes live on", async (t) => {
  const pid = await holder(t, "pid", "--pid", "--fork", "--kill-child");
  const container = t.container((c) => {
    join("pid", `/proc/${pid}/ns/pid`)(c);
    c.process.args = ["sleep", "1000"];
  });
  await container.runDetached();
  container.kill("KILL");
  await container.waitFor("stopped");
  container.delete();
  assert.match(readFileSync(`/proc/${pid}/stat`, "utf8"), /\(sleep\)/);
});

clause("namespaces: path: one that does not exist is an error that names it", (t) => {
  const container = t.container(join("network", "/proc/1/ns/no-such-file"));
  assert.refuses(container.run(), /no-such-file/, /no such file or directory/i);
});

clause(
  "namespaces: path: one of another type is an error",
  (t) => {
    const container = t.container(join("network", "/proc/self/ns/uts"));
    assert.refuses(container.run(), /ns\/uts|network/, /invalid argument|not a network|type/i);
  },
  { differs: { runc: "names neither path nor type", crun: "names neither path nor type" } },
);

clause("namespaces: path: a file that is no namespace is an error", (t) => {
  const container = t.container(join("ipc", "/etc/hostname"));
  assert.refuses(container.run(), /\/etc\/hostname|ipc/, /invalid argument|namespace/i);
});

clause("namespaces: path: a relative one is an error", (t) => {
  const container = t.container(join("ipc", "proc/self/ns/ipc"));
  assert.refuses(container.run(), /proc\/self\/ns\/ipc/);
});

clause(
  "namespaces: a type that is there twice is an error",
  (t) => {
    const container = t.container((c) => c.linux.namespaces.push({ type: "uts" }));
    assert.refuses(container.run(), /uts|namespace/i, /twice|dupl|more than once|unique/i);
  },
  { differs: { crun: "accepts it" } },
);

clause(
  "namespaces: without a mount namespace the container has the host's, and nothing is mounted in it",
  async (t) => {
    const container = t.container((c) => {
      share(c, "mount");
      c.mounts.push({ destination: "/srv", type: "tmpfs", source: "tmpfs" });
      c.linux.maskedPaths = c.linux.readonlyPaths = [];
      c.process.args = ["sh", "-c", "stat -fc %T /srv; ls -d /bin/busybox; sleep 1000"];
    });
    const mounts = () => readFileSync("/proc/self/mountinfo", "utf8");
    const before = mounts();
    const result = await container.tryCreate();
    if (result.status !== 0) {
      assert.refuses(result, /Linux 6\.15/);
    } else {
      container.start();
      await container.says(/^tmpfs\n\/bin\/busybox\n/);
      const pid = container.pid();
      assert.is(readlinkSync(`/proc/${pid}/ns/mnt`), readlinkSync("/proc/self/ns/mnt"));
      assert.is(mounts(), before);
      await container.remove();
    }
    assert.is(mounts(), before);
    assert.equal(readdirSync(`${container.rootfs}/srv`), []);
  },
  { needs: ["ocirt"] },
);

clause("namespaces: an unknown type is an error that names it", (t) => {
  const container = t.container((c) => put(c, "/linux/namespaces/0/type", "hyperspace"));
  assert.refuses(container.run(), /hyperspace/);
});

clause(
  "timeOffsets: clocks of the container, not of the host",
  (t) => {
    const output = t.shell("cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime", (c) => {
      c.linux.namespaces.push({ type: "time" });
      c.linux.timeOffsets = { monotonic: { secs: 172800, nanosecs: 5 }, boottime: { secs: 604800 } };
    });
    assert.match(output, /^monotonic +172800 +5\nboottime +604800 +0\n/);
    assert.ok(Number(output.trim().split("\n").pop()) >= 604800);
    assert.not.match(readFileSync("/proc/self/timens_offsets", "utf8"), /604800/);
  },
  { needs: ["timens"], differs: { runc: "of a later version", crun: "fails on this kernel" } },
);

clause(
  "timeOffsets: without a time namespace is an error",
  (t) => {
    const container = t.container((c) => (c.linux.timeOffsets = { monotonic: { secs: 1 } }));
    assert.refuses(container.run(), /timeOffsets|time namespace/i);
  },
  { differs: { runc: "of a later version", crun: "accepts it" } },
);

clause(
  "namespaces: time: joined by path",
  async (t) => {
    const pid = await holder(t, "time", "--time", "--boottime=1000000", "--fork", "--kill-child");
    const path = `/proc/${pid}/ns/time`;
    assert.is(inside(t, (c) => c.linux.namespaces.push({ type: "time", path })).time, readlinkSync(path));
  },
  { needs: ["timens"], differs: { runc: "of a later version", crun: "fails on this kernel" } },
);

conclude();
