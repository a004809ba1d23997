/** Options of the command line that are not the specification's: logs, other configurations, other drivers. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Container,
  cgroup,
  clause,
  conclude,
  outside,
  until,
} from "./harness/index.ts";

/** Arguments of `run` with options before the command. */
function globally(t: Case, container: Container, ...options: string[]): string[] {
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  argv.splice(1, 0, ...options);
  return argv;
}

interface LogLine {
  readonly msg: string;
  readonly level: string;
  readonly time: string;
}

clause("--log FILE --log-format json: one object for an error: msg, level, time; and stderr", (t) => {
  const log = t.path("log.json");
  const container = t.container((c) => (c.root.path = "no-such-rootfs"));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  argv.splice(1, 0, "--log", log, "--log-format", "json");
  assert.refuses(t.execute(argv), /no-such-rootfs/);
  const lines = readFileSync(log, "utf8").trim().split("\n");
  const error = lines.map((line) => JSON.parse(line) as LogLine).find(({ level }) => level === "error");
  assert.match(error?.msg ?? "", /no-such-rootfs/);
  assert.ok(!Number.isNaN(Date.parse(error?.time ?? "")));
});

clause("--log FILE: text", (t) => {
  const log = t.path("log.txt");
  const container = t.container((c) => (c.root.path = "no-such-rootfs"));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  argv.splice(1, 0, "--log", log);
  assert.refuses(t.execute(argv), /no-such-rootfs/);
  assert.match(readFileSync(log, "utf8"), /no-such-rootfs/);
});

clause("--log: the errors of the init are in it, too", (t) => {
  const log = t.path("log.json");
  const container = t.container((c) => (c.process.args = ["/no/such/program"]));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  argv.splice(1, 0, "--log", log, "--log-format", "json");
  assert.refuses(t.execute(argv), /\/no\/such\/program/);
  assert.match(readFileSync(log, "utf8"), /\/no\/such\/program/);
});

clause("--log-format: one that is not there is an error that names it", (t) => {
  const argv = t.argv(["list"]);
  argv.splice(1, 0, "--log-format", "xml");
  assert.refuses(t.execute(argv), /xml/);
});

clause("--debug: the container runs as without", (t) => {
  const container = t.container((c) => (c.process.args = ["echo", "ran"]));
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  argv.splice(1, 0, "--debug", "--log", t.path("log"));
  assert.is(assert.succeeds(t.execute(argv)).stdout, "ran\n");
});

clause(
  "--log file:PATH: the same as PATH",
  (t) => {
    const log = t.path("log.txt");
    const container = t.container((c) => (c.root.path = "no-such-rootfs"));
    assert.refuses(t.execute(globally(t, container, "--log", `file:${log}`)), /no-such-rootfs/);
    assert.match(readFileSync(log, "utf8"), /no-such-rootfs/);
  },
  { differs: { runc: "only a file" } },
);

clause(
  "--log: an unknown kind of log is an error that names it",
  (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    assert.refuses(t.execute(globally(t, container, "--log", "pigeon:post")), /pigeon/);
  },
  { differs: { runc: "takes it as a file" } },
);

clause("--log: a file that can't be written is an error that names it", (t) => {
  const container = t.container((c) => (c.process.args = ["true"]));
  assert.refuses(
    t.execute(globally(t, container, "--log", "/no/such/directory/log")),
    /\/no\/such\/directory/,
  );
});

clause("--log: messages are appended", (t) => {
  const log = t.file("log", "as before\n");
  const container = t.container((c) => (c.root.path = "no-such-rootfs"));
  assert.refuses(t.execute(globally(t, container, "--log", log)));
  assert.match(readFileSync(log, "utf8"), /^as before\n.*no-such-rootfs/s);
});

clause(
  "--config FILE: relative to the bundle",
  (t) => {
    const container = t.container();
    const config = { ...t.config(), process: { ...t.config().process, args: ["echo", "another"] } };
    writeFileSync(join(container.bundle, "another.json"), JSON.stringify(config));
    assert.is(assert.succeeds(container.run(["--config", "another.json"])).stdout, "another\n");
  },
  { differs: { runc: "not its option", crun: "relative to the caller" } },
);

clause("--no-pivot: the container's root is its rootfs all the same", (t) => {
  const container = t.container(
    (c) => (c.process.args = ["sh", "-c", "ls -d /srv; ls -d /work /usr/share 2>/dev/null; echo ran"]),
  );
  assert.is(assert.succeeds(container.run(["--no-pivot"])).stdout, "/srv\nran\n");
});

clause(
  "--cgroup-manager=disabled: no cgroup is made",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
    const argv = globally(t, container, "--cgroup-manager", "disabled").with(-4, "create");
    assert.succeeds(await t.start(argv).ended);
    assert.is(cgroup.directory(container.pid(), "pids"), cgroup.directory(process.pid, "pids"));
    container.delete("--force");
  },
  { differs: { runc: "not its option" } },
);

clause(
  "delete --regex: all whose id matches, and no other",
  async (t) => {
    const [one, two, other] = ["-a1", "-a2", "-b1"].map((suffix) => t.container(() => {}, suffix));
    for (const container of [one, two, other]) await container?.create();
    assert.succeeds(t.runtime(["delete", "--force", "--regex", `^${t.tag}-a.$`]));
    assert.is(assert.succeeds(t.runtime(["list", "-q"])).stdout, `${other?.id}\n`);
    other?.delete("--force");
  },
  { differs: { runc: "not its option" } },
);

clause(
  "kill --regex: all whose id matches, and no other; delete of all of them",
  async (t) => {
    const sleeping = (suffix: string) => t.container((c) => (c.process.args = ["sleep", "1000"]), suffix);
    const [one, two, other] = [sleeping("-a1"), sleeping("-a2"), sleeping("-b1")];
    for (const container of [one, two, other]) await container.runDetached();
    assert.succeeds(t.runtime(["kill", "--regex", `^${t.tag}-a.$`, "KILL"]));
    for (const container of [one, two]) await container.waitFor("stopped");
    assert.is(other.state().status, "running");
    assert.refuses(t.runtime(["kill", "--regex", "(", "KILL"]), /regular expression/);
    assert.succeeds(t.runtime(["delete", "--force", "--regex", `^${t.tag}-`]));
  },
  { needs: ["ocirt"] },
);

clause(
  "create --no-subreaper: as without",
  async (t) => {
    const container = t.container();
    await container.create(["--no-subreaper"]);
    container.delete("--force");
  },
  { differs: { runc: "not its option" } },
);

for (const flags of [[], ["--no-subreaper"]]) {
  clause(
    `run ${flags.join(" ")}: whose child an orphan of the container becomes`,
    async (t) => {
      const container = t.container((c) => {
        c.linux.namespaces = c.linux.namespaces.filter(({ type }) => type !== "pid");
        const orphan = "sleep 0.2; exec awk '/^PPid/ { print $2 }' /proc/self/status";
        c.process.args = ["sh", "-c", `sh -c '(${orphan.replaceAll("'", "'\\''")}) &'; sleep 1`];
      });
      const running = container.runInBackground(flags);
      const { stdout } = assert.succeeds(await running.ended);
      if (flags.length === 0) assert.is(Number(stdout), running.pid);
      else assert.ok(Number(stdout) > 0 && Number(stdout) !== running.pid, stdout);
    },
    { needs: ["ocirt"] },
  );
}

clause(
  "list: an explicit --root that does not exist is an error that names it",
  (t) => {
    const argv = t.argv(["list"]);
    argv[argv.indexOf("--root") + 1] = t.path("no-such-root");
    assert.refuses(t.execute(argv), /no-such-root/);
    assert.not.ok(existsSync(t.path("no-such-root")));
  },
  { differs: { runc: "lists nothing", crun: "makes it" } },
);

clause("list --quiet: the ids alone", async (t) => {
  const containers = ["-one", "-two"].map((suffix) => t.container(() => {}, suffix));
  for (const container of containers) await container.create();
  const ids = containers.map(({ id }) => id);
  assert.is(assert.succeeds(t.runtime(["list", "--quiet"])).stdout, `${ids.join("\n")}\n`);
  for (const container of containers) container.delete("--force");
});

clause(
  "--log-level: less important messages are not written",
  (t) => {
    const log = t.path("log.txt");
    // No kernel has a capability of that name: a warning, as the specification wants it.
    const container = t.container((c) => c.process.capabilities?.bounding?.push("CAP_UNHEARD_OF"));
    const run = (level: string) =>
      assert.succeeds(t.execute(globally(t, container, "--log", log, "--log-level", level)));
    run("error");
    assert.not.ok(existsSync(log) && readFileSync(log, "utf8").includes("CAP_UNHEARD_OF"));
    run("warning");
    assert.match(readFileSync(log, "utf8"), /level=warning.*CAP_UNHEARD_OF/);
  },
  { needs: ["ocirt"] },
);

for (const flags of [["create"], ["run", "--detach"]]) {
  clause(
    `${flags.join(" ")} --pidfd-socket: a pidfd of init is sent, as runc does`,
    async (t) => {
      const socket = t.path("pidfd.sock");
      const receiver = t.start([outside, "pidfd", socket]);
      await until("the socket", () => existsSync(socket));
      const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
      const argv = [...flags, "--pidfd-socket", socket, "--bundle", container.bundle, container.id];
      assert.succeeds(await t.start(t.argv(argv)).ended);
      assert.is((await receiver.ended).stdout, `standard pidfd of ${container.pid()}\n`);
      container.delete("--force");
    },
    { needs: ["ocirt"] },
  );
}

clause(
  "create --pidfd-socket: nobody listens: an error that names the socket, and nothing is left",
  async (t) => {
    const socket = t.path("nobody.sock");
    assert.refuses(
      await t.container().tryCreate(["--pidfd-socket", socket]),
      /send the pidfd to the socket `[^`]*nobody\.sock`: no such file or directory \(ENOENT\)/,
    );
  },
  { needs: ["ocirt"] },
);

conclude();
