/** The command exec: it is where the container's init is, and nothing of the host is reachable through it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { sleeper } from "./harness/exec.ts";
import {
  agent,
  allow,
  assert,
  type Case,
  type Container,
  cgroup,
  clause,
  conclude,
  mapUsers,
  outside,
  share,
  until,
} from "./harness/index.ts";

const NAMESPACES = "mnt uts ipc user pid net cgroup time";
const compare = `for one in ${NAMESPACES}; do
  [ "$(readlink /proc/1/ns/$one)" = "$(readlink /proc/self/ns/$one)" ] || echo $one differs
done; echo compared`;

/** Every namespace of init's; the one of the probe's own shell is left by none. */
function comparesNamespaces(container: Container, ...wrapper: string[]) {
  return (t: Case) =>
    t.execute([
      ...wrapper,
      ...t.argv(["exec", "--cap", "CAP_SYS_PTRACE", container.id, "sh", "-c", compare]),
    ]);
}

clause("exec: joins every namespace of the container's init", async (t) => {
  const container = await sleeper(t, (c) => c.linux.namespaces.push({ type: "cgroup" }));
  assert.is(assert.succeeds(comparesNamespaces(container)(t)).stdout, "compared\n");
  await container.remove();
});

clause(
  "exec: joins user and time namespaces, with their ids and clocks",
  async (t) => {
    const container = await sleeper(t, (c) => {
      mapUsers(c);
      c.linux.namespaces.push({ type: "time" }, { type: "cgroup" });
      c.linux.timeOffsets = { boottime: { secs: 1_000_000_000, nanosecs: 0 } };
    });
    assert.is(assert.succeeds(comparesNamespaces(container)(t)).stdout, "compared\n");
    const script = "cat /proc/self/uid_map | tr -s ' '; id -u; cut -d . -f 1 /proc/uptime";
    const out = assert
      .succeeds(container.command("exec", container.id, "sh", "-c", script))
      .stdout.split("\n");
    assert.equal(out.slice(0, 2), [" 0 100000 65536", "0"]);
    assert.ok(Number(out[2]) > 1_000_000_000);
    await container.remove();
  },
  { needs: ["userns", "timens"], differs: { runc: "of a later version", crun: "of a later version" } },
);

clause(
  "exec: joins them one by one where the kernel can't by a pidfd",
  async (t) => {
    const container = await sleeper(t, (c) => {
      mapUsers(c);
      c.linux.namespaces.push({ type: "time" }, { type: "cgroup" });
    });
    const result = comparesNamespaces(container, outside, "old-setns")(t);
    assert.is(assert.succeeds(result).stdout, "compared\n");
    await container.remove();
  },
  { needs: ["ocirt", "userns", "timens"] },
);

clause("exec: namespaces that the container shares with the host are left as they are", async (t) => {
  const container = await sleeper(t, (c) => {
    share(c, "network", "ipc", "uts", "pid");
    delete c.hostname;
  });
  const { stdout } = assert.succeeds(
    container.command("exec", container.id, "sh", "-c", "readlink /proc/self/ns/net"),
  );
  assert.is(stdout, `${t.execute(["readlink", "/proc/self/ns/net"]).stdout}`);
  await container.remove();
});

clause(
  "exec: in a user namespace, as a user of it",
  async (t) => {
    const container = await sleeper(t, mapUsers);
    const { stdout } = assert.succeeds(
      container.command(
        "exec",
        "--user",
        "1000:1000",
        container.id,
        "sh",
        "-c",
        "id -u; echo > /tmp/file; stat -c %u /tmp/file",
      ),
    );
    assert.is(stdout, "1000\n1000\n");
    await container.remove();
  },
  { needs: ["userns"] },
);

const cgroupsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .sort();

clause(
  "exec: is in every cgroup of the container's",
  async (t) => {
    const container = await sleeper(t);
    const own = cgroupsOf(readFileSync(`/proc/${container.pid()}/cgroup`, "utf8"));
    const pidFile = t.path("pid");
    assert.succeeds(container.command("exec", "-d", "--pid-file", pidFile, container.id, "sleep", "1000"));
    assert.equal(cgroupsOf(readFileSync(`/proc/${readFileSync(pidFile, "utf8")}/cgroup`, "utf8")), own);
    await container.remove();
  },
  { needs: ["cgroup"] },
);

/** Makes a cgroup below the container's in each of its hierarchies; removes them at the end. */
function makeBelow(container: Container, name: string): { directories: string[]; remove: () => void } {
  const pid = container.pid();
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
  const directories = cgroup.mounts().flatMap(({ point, controllers, type }) => {
    const line = lines.find((one) => {
      const [number, names] = one.split(":");
      return type === "cgroup2"
        ? number === "0"
        : controllers.some((each) => names?.split(",").includes(each));
    });
    const path = line?.split(":").slice(2).join(":") ?? "";
    return path.includes(container.id) ? [`${point}${path}/${name}`] : [];
  });
  for (const directory of directories) {
    mkdirSync(directory);
    // One of v1 lets nobody in before it has processors and memory.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (existsSync(`${directory}/tasks`) && existsSync(`${directory}/${file}`))
        writeFileSync(`${directory}/${file}`, readFileSync(`${directory}/../${file}`));
    }
  }
  return {
    directories,
    remove: () => {
      for (const directory of directories) if (existsSync(directory)) rmdirSync(directory);
    },
  };
}

clause(
  "exec --cgroup: a cgroup below the container's, of all hierarchies",
  async (t) => {
    const container = await sleeper(t);
    const { remove } = makeBelow(container, "below");
    const out = assert.succeeds(
      container.command("exec", "--cgroup", "below", container.id, "cat", "/proc/self/cgroup"),
    );
    const ours = out.stdout.split("\n").filter((line) => line.includes(container.id));
    assert.ok(ours.length > 0);
    for (const line of ours) assert.match(line, new RegExp(`/${container.id}/below$`));
    remove();
    await container.remove();
  },
  { needs: ["cgroup"] },
);

clause(
  "exec --cgroup: of some controllers, by their names",
  async (t) => {
    const container = await sleeper(t);
    const { remove } = makeBelow(container, "below");
    const flags = ["--cgroup", "pids,memory:below", "--cgroup", "cpu:/below/."];
    const { stdout } = assert.succeeds(
      container.command("exec", ...flags, container.id, "cat", "/proc/self/cgroup"),
    );
    for (const line of stdout.split("\n").filter((one) => one.includes(container.id))) {
      const inside = /:(pids|memory|cpu):/.test(line);
      assert.is(line.endsWith("/below"), inside, line);
    }
    remove();
    await container.remove();
  },
  { needs: ["cgroup-v1"] },
);

clause(
  "exec --cgroup: none that isn't there, nor one outside of the container's",
  async (t) => {
    const container = await sleeper(t);
    const { id } = container;
    const refused = (given: string, pattern: RegExp) => {
      const result = container.command("exec", "--cgroup", given, id, "true");
      assert.is(result.status, 255);
      assert.match(result.stderr, pattern);
    };
    refused("nope", /^ocirt: join the cgroups? `[^`]*\/nope[^`]*`: no such file or directory \(ENOENT\)\n$/);
    refused(
      "..",
      /^ocirt: use --cgroup `..`: bad sub cgroup path: it may not lead out of the container's cgroup\n$/,
    );
    refused("nope:x", /^ocirt: use --cgroup `nope:x`: unknown controller nope\n$/);
    await container.remove();
  },
  { needs: ["ocirt", "cgroup"] },
);

/** The mount of the unified hierarchy and one of its controllers; undefined where there is none. */
function unifiedController(): { point: string; controller: string } | undefined {
  const point = cgroup.mounts().find(({ type }) => type === "cgroup2")?.point;
  if (point === undefined) return undefined;
  const [controller] = readFileSync(`${point}/cgroup.controllers`, "utf8").trim().split(" ");
  return controller ? { point, controller } : undefined;
}

clause(
  "exec: where the container's cgroup may have no processes, it is in that of the container's init",
  async (t) => {
    const unified = unifiedController();
    if (unified === undefined) return;
    const container = await sleeper(t, (c) => (c.linux.cgroupsPath = `/${t.tag}`));
    const directory = `${unified.point}/${t.tag}`;
    const subtree = `${unified.point}/cgroup.subtree_control`;
    const enabled = readFileSync(subtree, "utf8");
    writeFileSync(subtree, `+${unified.controller}`);
    mkdirSync(`${directory}/a`);
    mkdirSync(`${directory}/a/init`);
    writeFileSync(`${directory}/a/init/cgroup.procs`, String(container.pid()));
    writeFileSync(`${directory}/cgroup.subtree_control`, `+${unified.controller}`);
    const inside = container.command("exec", container.id, "grep", "^0:", "/proc/self/cgroup");
    assert.is(assert.succeeds(inside).stdout, `0::/${t.tag}/a/init\n`);
    container.kill("KILL");
    await container.waitFor("stopped");
    await until("empty", () => readFileSync(`${directory}/cgroup.events`, "utf8").includes("populated 0"));
    for (const below of ["a/init", "a"]) rmdirSync(`${directory}/${below}`);
    container.delete();
    if (!enabled.includes(unified.controller)) writeFileSync(subtree, `-${unified.controller}`);
  },
  { needs: ["cgroup"] },
);

clause(
  "exec: a container at its limit of processes can be looked into",
  async (t) => {
    const container = await sleeper(t, (c) => (c.linux.resources = { pids: { limit: 1 } }));
    assert.is(assert.succeeds(container.command("exec", container.id, "echo", "inside")).stdout, "inside\n");
    await container.remove();
  },
  { needs: ["cgroup"], differs: { runc: "takes more processes to begin" } },
);

clause(
  "exec: the filter's listener goes to the seccomp agent, with the process's own pid",
  async (t) => {
    const socket = t.path("agent.sock");
    const number = process.arch === "x64" ? "110" : "173";
    const start = async () => {
      const running = t.start([agent(), socket, number, "4242"]);
      await until("the agent listens", () => running.stdout().startsWith("ready"));
      return running;
    };
    await start();
    const container = await sleeper(t, (c) => {
      c.linux.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        listenerPath: socket,
        listenerMetadata: "of the test",
        syscalls: [{ names: ["getppid"], action: "SCMP_ACT_NOTIFY" }],
      };
    });
    renameSync(socket, t.path("first.sock"));
    const second = await start();
    const pidFile = t.path("pid");
    const result = container.command("exec", "--pid-file", pidFile, container.id, "probe", "call", "getppid");
    assert.is(assert.succeeds(result).stdout, "ok 4242\n");
    const state = JSON.parse(second.stdout().split("\n")[1] ?? "") as {
      pid: number;
      metadata: string;
      state: { status: string; pid: number };
    };
    assert.equal(
      [state.pid, state.metadata, state.state.status, state.state.pid],
      [Number(readFileSync(pidFile, "utf8")), "of the test", "running", container.pid()],
    );
    await container.remove();
  },
  { needs: ["ocirt"] },
);

clause(
  "exec: without a seccomp agent nothing runs",
  async (t) => {
    const socket = t.path("agent.sock");
    const running = t.start([agent(), socket, "0", "0"]);
    await until("the agent listens", () => running.stdout().startsWith("ready"));
    const container = await sleeper(t, (c) => {
      c.linux.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        listenerPath: socket,
        syscalls: [{ names: ["getppid"], action: "SCMP_ACT_NOTIFY" }],
      };
    });
    renameSync(socket, t.path("first.sock"));
    const result = container.command("exec", container.id, "touch", "/srv/ran");
    assert.is(result.status, 255);
    assert.match(result.stderr, /failed to connect with seccomp agent/);
    assert.not(existsSync(`${container.rootfs}/srv/ran`));
    await container.remove();
  },
  { needs: ["ocirt"] },
);

clause(
  "exec: a program that is /proc/self/exe finds no runtime in it (CVE-2019-5736)",
  async (t) => {
    const container = await sleeper(t);
    symlinkSync("/proc/self/exe", `${container.rootfs}/bin/evil`);
    writeFileSync(`${container.rootfs}/bin/script`, "#!/proc/self/exe\n");
    chmodSync(`${container.rootfs}/bin/script`, 0o755);
    const before = t.execute(["sha256sum", t.argv([])[0] ?? ""]).stdout;
    for (const program of ["/bin/evil", "/bin/script"]) {
      const { status, stdout } = container.command("exec", container.id, program, "--version");
      assert.is.not(status, 0);
      assert.is(stdout, "");
    }
    assert.is(t.execute(["sha256sum", t.argv([])[0] ?? ""]).stdout, before);
    await container.remove();
  },
  { needs: ["ocirt"] },
);

clause(
  "exec --cwd: a directory of the host's behind a descriptor is none of the container's (CVE-2024-21626)",
  async (t) => {
    const container = await sleeper(t);
    for (let fd = 3; fd < 12; fd++) {
      const argv = t.argv(["exec", "--cwd", `/proc/self/fd/${fd}`, container.id, "cat", "etc/passwd"]);
      const result = t.execute(["sh", "-c", `exec ${fd > 9 ? 9 : fd}</; "$@"`, "sh", ...argv]);
      assert.is.not(result.status, 0, String(fd));
      assert.is(result.stdout, "");
    }
    await container.remove();
  },
  { differs: { crun: "of a later version" } },
);

clause(
  "exec: what is not the program yet can't be looked into from the container (CVE-2016-9962)",
  async (t) => {
    const container = t.container((c) => {
      c.process.args = ["/bin/probe", "watch"];
      // Root of a user namespace may look into whatever is dumpable there.
      mapUsers(c);
      allow(c, "CAP_SYS_PTRACE");
    });
    await container.runDetached();
    await container.says(/watching/);
    for (let round = 0; round < 30; round++) {
      assert.succeeds(container.command("exec", container.id, "true"));
    }
    assert.succeeds(container.command("exec", container.id, "sleep", "0.1"));
    await container.says(/saw/);
    assert.not.match(container.output(), /ocirt|memfd/);
    await container.remove();
  },
);

conclude();
