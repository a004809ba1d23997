/**
 * What a container must not get from its runtime: descriptors, keyrings, the runtime's own program, memory.
 * The clauses are those of runtime.md's create and start; the attacks are known from other runtimes.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { assert, bind, type Case, type Container, clause, conclude, outside } from "./harness/index.ts";

/** Runs the runtime's `run` from a shell that opens descriptors first. */
function runWith(t: Case, container: Container, redirections: string, flags: readonly string[] = []) {
  const argv = t.argv(["run", ...flags, "--bundle", container.bundle, container.id]);
  return t.execute(["sh", "-c", `exec ${redirections}; exec "$@"`, "sh", ...argv]);
}

const fds = (c: { process: { args: string[] } }): void => {
  c.process.args = ["/bin/probe", "fds"];
};

clause("descriptors: the program has stdin, stdout and stderr, no other", (t) => {
  assert.is(assert.succeeds(t.container(fds).run()).stdout, "");
});

clause("descriptors: none of the caller's, whatever their numbers", (t) => {
  const container = t.container(fds);
  const result = runWith(t, container, "3</etc/passwd 4</ 5</proc 9</dev/null");
  assert.is(assert.succeeds(result).stdout, "");
});

clause(
  "descriptors: none of the caller's in a created container",
  async (t) => {
    const container = t.container(fds);
    const argv = t.argv(["create", "--bundle", container.bundle, container.id]);
    const file = t.file("held-open", "");
    assert.succeeds(
      await t.start(["sh", "-c", `exec 7<${file} 8<${t.directory}; exec "$@"`, "sh", ...argv]).ended,
    );
    const pid = container.pid();
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    assert.not.ok(open.includes(file));
    assert.not.ok(open.includes(t.directory));
    container.delete("--force");
  },
  { differs: { crun: "closes them at start only" } },
);

clause("--preserve-fds N: the descriptors 3 to 2+N, as they are", (t) => {
  const container = t.container(fds);
  const one = t.file("one", "1");
  const two = t.file("two", "2");
  const result = runWith(t, container, `3<${one} 4<${two} 5</etc/passwd`, ["--preserve-fds", "2"]);
  assert.match(assert.succeeds(result).stdout, /^3 .*one\n4 .*two\n$/);
});

clause("--preserve-fds: a descriptor is usable in the container", (t) => {
  const container = t.container((c) => (c.process.args = ["sh", "-c", "cat <&3"]));
  const result = runWith(t, container, `3<${t.file("passed", "passed on\n")}`, ["--preserve-fds", "1"]);
  assert.is(assert.succeeds(result).stdout, "passed on\n");
});

clause(
  "--preserve-fds: one that is not open is an error, or nothing is in its place",
  (t) => {
    const container = t.container(fds);
    const result = runWith(t, container, "3</etc/passwd 4<&- 5<&- 6<&-", ["--preserve-fds", "4"]);
    if (result.status === 0) assert.is(result.stdout, "3 /etc/passwd\n");
    else assert.refuses(result, /fd|descriptor/i);
  },
  { differs: { runc: "passes its own on" } },
);

clause(
  "LISTEN_FDS: the listed descriptors are passed on, and LISTEN_PID is the program's",
  (t) => {
    const container = t.container(
      (c) => (c.process.args = ["sh", "-c", "probe fds; echo $LISTEN_FDS $LISTEN_PID"]),
    );
    const result = runWith(t, container, `3<${t.file("listened", "")}; export LISTEN_FDS=1 LISTEN_PID=$$`);
    assert.match(assert.succeeds(result).stdout, /^3 .*listened\n1 1\n$/);
  },
  { differs: { crun: "sets no LISTEN_PID here" } },
);

clause(
  "a caller without stdin, stdout or stderr",
  (t) => {
    for (const closed of ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"]) {
      const container = t.container(
        (c) => {
          c.process.args = ["sh", "-c", "probe fds >>/srv/out; echo ran >>/srv/out"];
          c.mounts.push(bind(t.directory, "/srv"));
        },
        `-${closed.replace(/\W/g, "")}`,
      );
      t.file("out", "");
      runWith(t, container, closed);
      // The probe's own stdout takes no number above 2.
      assert.is(readFileSync(t.path("out"), "utf8"), "ran\n", closed);
    }
  },
  { differs: { crun: "needs stdin" } },
);

clause("stdio: /dev/null keeps its owner, for a container of another user", (t) => {
  const before = statSync("/dev/null");
  const container = t.container((c) => {
    c.process.user = { uid: 1000, gid: 1000 };
    c.process.args = ["true"];
  });
  assert.succeeds(container.run());
  assert.is(statSync("/dev/null").uid, before.uid);
  assert.is(statSync("/dev/null").mode, before.mode);
});

clause("stdio: a user can open its stdout again by /dev/stdout", (t) => {
  const script = "echo again >/dev/stdout";
  assert.is(
    t.shell(script, (c) => (c.process.user = { uid: 1000, gid: 1000 })),
    "again\n",
  );
});

clause("session keyring: a new one, not the caller's", (t) => {
  const container = t.container((c) => (c.process.args = ["/bin/probe", "keyring"]));
  const inside = assert.succeeds(container.run()).stdout;
  const own = t.execute([t.probe, "keyring"]).stdout;
  assert.match(inside, /^\d+ keyring;0;0;/);
  assert.is.not(inside.split(" ")[0], own.split(" ")[0]);
});

clause("session keyring: of two containers, two", (t) => {
  const serial = (suffix: string): string | undefined => {
    const container = t.container((c) => (c.process.args = ["/bin/probe", "keyring"]), suffix);
    return assert.succeeds(container.run()).stdout.split(" ")[0];
  };
  assert.is.not(serial("-a"), serial("-b"));
});

clause("--no-new-keyring: the caller's", (t) => {
  const script = 'own=$("$0" keyring | cut -d" " -f1); echo "own $own"; exec "$@"';
  const container = t.container((c) => (c.process.args = ["/bin/probe", "keyring"]));
  const argv = t.argv(["run", "--no-new-keyring", "--bundle", container.bundle, container.id]);
  const { stdout } = assert.succeeds(t.execute(["sh", "-c", script, t.probe, ...argv]));
  const [, own, inside] = /^own (\d+)\n(\d+) /.exec(stdout) ?? [];
  assert.ok(own !== undefined, stdout);
  assert.is(inside, own);
});

clause(
  "created: /proc/PID/exe of the waiting init is no file of the host (CVE-2019-5736)",
  async (t) => {
    const container = t.container();
    await container.create();
    assert.match(readlinkSync(`/proc/${container.pid()}/exe`), /^\/memfd:/);
    container.delete("--force");
  },
  { differs: { runc: "a read-only mount of its own program", crun: "a read-only mount of its own program" } },
);

clause("created: the waiting init is sealed: its program can't be written through /proc", async (t) => {
  const container = t.container();
  await container.create();
  const result = t.execute(["sh", "-c", `echo x >>/proc/${container.pid()}/exe`]);
  assert.is.not(result.status, 0);
  container.delete("--force");
});

clause("started: nothing of the runtime is mapped in the program", async (t) => {
  const container = t.container((c) => (c.process.args = ["/bin/probe", "catch", "1"]));
  await container.runDetached();
  await container.says(/ready/);
  const maps = readFileSync(`/proc/${container.pid()}/maps`, "utf8");
  assert.not.match(maps, /memfd|ocirt|runc|crun/);
  await container.remove();
});

clause("run: the process that holds the container has no descriptor of the host that it could reach", (t) => {
  // The container shares its caller's pid namespace and looks at all that it may look at.
  const script = "for p in /proc/[0-9]*; do ls -d $p/root/etc/debian_version 2>/dev/null; done; echo looked";
  assert.is(t.shell(script), "looked\n");
});

clause("the program can't be traced by, nor trace, a process outside", (t) => {
  const container = t.container((c) => {
    c.linux.namespaces = c.linux.namespaces.filter(({ type }) => type !== "pid");
    c.process.user = { uid: 1000, gid: 1000 };
    c.process.args = ["sh", "-c", `ls /proc/${process.pid}/fd 2>&1; true`];
  });
  assert.match(container.run().stdout, /Permission denied|can't open/);
});

clause(
  "created: less than 1 MiB of memory",
  async (t) => {
    const container = t.container();
    await container.create();
    const status = readFileSync(`/proc/${container.pid()}/status`, "utf8");
    const kib = Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
    assert.ok(kib > 0 && kib < 1024, `RSS is ${kib} KiB`);
    container.delete("--force");
  },
  { needs: ["ocirt"] },
);

clause("created: one process waits, and none of the runtime's stays beside it", async (t) => {
  const container = t.container();
  await container.create();
  assert.equal(t.processes(), [container.pid()]);
  container.delete("--force");
});

clause(
  "dispositions: the caller's ignored and blocked signals do not reach a detached container",
  async (t) => {
    const container = t.container(
      (c) => (c.process.args = ["grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"]),
    );
    const argv = t.argv(["run", "--detach", "--bundle", container.bundle, container.id]);
    const started = t.start([outside, "dispositions", ...argv]);
    assert.succeeds(await started.ended);
    await container.waitFor("stopped");
    assert.is(started.stdout(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    container.delete();
  },
  { differs: { runc: "passes the signal mask on" } },
);

clause("stdio that is /dev/null is the container's own, also of exec; anything else stays", async (t) => {
  const look =
    "stat -Lc '%t:%T %d' /proc/self/fd/0 /dev/null; [ -p /proc/self/fd/1 ] || [ -f /proc/self/fd/1 ] && echo kept";
  const container = t.container((c) => (c.process.args = ["sh", "-c", `${look}; exec sleep 1000`]));
  await container.runDetached();
  await container.says(/kept\n/);
  const same = /^1:3 (\d+)\n1:3 \1\nkept\n$/;
  assert.match(container.output(), same);
  assert.match(assert.succeeds(container.command("exec", container.id, "sh", "-c", look)).stdout, same);
  container.delete("--force");
});

clause(
  "stdio that is /dev/null stays the host's where the container's is something else by now",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
    await container.runDetached();
    const exec = (script: string) =>
      assert.succeeds(container.command("exec", container.id, "sh", "-c", script)).stdout;
    exec("rm /dev/null; mkfifo /dev/null");
    assert.is(
      exec("stat -Lc '%F' /dev/null; stat -Lc '%F %t:%T' /proc/self/fd/0"),
      "fifo\ncharacter special file 1:3\n",
    );
    container.delete("--force");
  },
);

conclude();
