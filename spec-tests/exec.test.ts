/** The command exec, with which engines run further processes in a container: its process and its options. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execOut, processFile, shell, sleeper } from "./harness/exec.ts";
import { assert, clause, conclude, until } from "./harness/index.ts";

clause("exec: output, exit code, 128+n for a signal", async (t) => {
  const container = await sleeper(t);
  assert.is(execOut(container, [], "echo", "hello"), "hello\n");
  assert.is(container.command("exec", container.id, "sh", "-c", "exit 7").status, 7);
  assert.is(container.command("exec", container.id, "sh", "-c", "kill -KILL $$").status, 137);
  assert.is(container.command("exec", container.id, "sh", "-c", "kill -TERM $$").status, 143);
  await container.remove();
});

clause("exec: options end at the container's id", async (t) => {
  const container = await sleeper(t);
  assert.is(
    execOut(container, [], "probe", "args", "-t", "--cwd", "x", "--", "-d"),
    "[probe]\n[args]\n[-t]\n[--cwd]\n[x]\n[--]\n[-d]\n",
  );
  await container.remove();
});

clause(
  "exec: the container's environment, --env on top, HOME of the user",
  async (t) => {
    const container = await sleeper(t, (c) => c.process.env.push("ONE=1", "TWO=2"));
    const lines = execOut(container, ["--env", "TWO=3", "--env", "FOUR=4"], "probe", "env").split("\n");
    for (const entry of ["PATH=/usr/bin:/bin", "ONE=1", "TWO=3", "FOUR=4", "HOME=/root"]) {
      assert.ok(lines.includes(`[${entry}]`), entry);
    }
    assert.is(lines.filter((line) => line.startsWith("[TWO=")).length, 1);
    assert.is(shell(container, ["--user", "1000"], "echo $HOME"), "/home/user\n");
    assert.is(shell(container, ["--env", "HOME=/srv"], "echo $HOME"), "/srv\n");
    await container.remove();
  },
  { differs: { crun: "takes the environment of --env alone" } },
);

clause(
  "exec --cwd, and the container's cwd without it",
  async (t) => {
    const container = await sleeper(t, (c) => (c.process.cwd = "/srv"));
    assert.is(execOut(container, [], "pwd"), "/srv\n");
    assert.is(execOut(container, ["--cwd", "/home/user"], "pwd"), "/home/user\n");
    await container.remove();
  },
  { differs: { crun: "starts in / without --cwd" } },
);

clause(
  "exec --user and --additional-gids",
  async (t) => {
    const container = await sleeper(t, (c) => (c.process.user = { uid: 3, gid: 4, additionalGids: [5] }));
    const ids = (...flags: string[]) => shell(container, flags, "echo $(id -u) $(id -g) $(id -G)");
    assert.is(ids(), "3 4 4 5\n");
    assert.is(ids("--user", "1000:1001"), "1000 1001 1001 5\n");
    assert.is(ids("-u", "1000", "-g", "2000"), "1000 4 4 5 2000\n");
    await container.remove();
  },
  { differs: { crun: "takes no ids from the container" } },
);

const capabilities = "grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status | tr -s '\\n\\t' ' '";

clause(
  "exec: the container's capabilities and no_new_privs, --cap and --no-new-privs on top",
  async (t) => {
    const container = await sleeper(t, (c) => (c.process.noNewPrivileges = false));
    // CAP_KILL 5, CAP_NET_BIND_SERVICE 10, CAP_AUDIT_WRITE 29; CAP_NET_RAW 13.
    const without =
      "CapInh: 0000000000000000 CapPrm: 0000000020000420 CapEff: 0000000020000420 CapBnd: 0000000020000420 CapAmb: 0000000000000000 ";
    assert.is(shell(container, [], capabilities), without);
    assert.is(
      shell(container, ["--cap", "CAP_NET_RAW"], capabilities),
      without.replaceAll("20000420", "20002420"),
    );
    assert.is(shell(container, [], "grep NoNewPrivs /proc/self/status"), "NoNewPrivs:\t0\n");
    assert.is(shell(container, ["--no-new-privs"], "grep NoNewPrivs /proc/self/status"), "NoNewPrivs:\t1\n");
    const user = shell(
      container,
      ["--user", "1000"],
      "grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status | tr -s '\\n\\t' ' '",
    );
    assert.is(user, "CapPrm: 0000000000000000 CapEff: 0000000000000000 CapAmb: 0000000000000000 ");
    await container.remove();
  },
  { differs: { crun: "has --cap in place of the container's" } },
);

clause(
  "exec --process: its own environment and HOME, and the container's limits, umask and capabilities",
  async (t) => {
    const container = await sleeper(t, (c) => {
      c.process.user.umask = 0o27;
      c.process.env.push("ONE=1");
      c.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 123, hard: 456 }];
    });
    const script = `env | sort; umask; ulimit -n; ulimit -Hn; ${capabilities}`;
    const own = { cwd: "/tmp", args: ["sh", "-c", script], env: ["PATH=/bin", "X=1"] };
    const out = execOut(container, ["--process", processFile(t, own)]);
    assert.match(
      out,
      /^HOME=\/root\nPATH=\/bin\nPWD=\/tmp\nSHLVL=1\nX=1\n0027\n123\n456\n.*CapPrm: 0000000020000420 /,
    );
    const more = {
      ...own,
      user: { uid: 0, gid: 0, umask: 0o77 },
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 7, hard: 9 }],
      capabilities: {},
    };
    assert.match(
      execOut(container, ["--process", processFile(t, more)]),
      /\n0077\n7\n9\n.*CapPrm: 0000000000000000 /,
    );
    await container.remove();
  },
  { differs: { runc: "of a later version", crun: "takes no limits from the container" } },
);

clause("exec --process: /dev/fd/N", async (t) => {
  const container = await sleeper(t);
  const file = processFile(t, { cwd: "/", args: ["echo", "from a descriptor"], env: ["PATH=/bin"] });
  const argv = t.argv(["exec", "--process", "/dev/fd/5", container.id]);
  const result = t.execute(["sh", "-c", `cat ${file} | { exec 5<&0 </dev/null; "$@"; }`, "sh", ...argv]);
  assert.is(assert.succeeds(result).stdout, "from a descriptor\n");
  await container.remove();
});

clause("exec --process: the file may be a pipe", async (t) => {
  const container = await sleeper(t);
  const file = processFile(t, {
    cwd: "/",
    user: { uid: 0, gid: 0 },
    args: ["echo", "told"],
    env: ["PATH=/bin"],
  });
  const argv = t.argv(["exec", "--process", "/dev/stdin", container.id]);
  const result = t.execute(["sh", "-c", `cat ${file} | "$@"`, "sh", ...argv]);
  assert.is(assert.succeeds(result).stdout, "told\n");
  await container.remove();
});

clause(
  "exec --process: options and arguments on top",
  async (t) => {
    const container = await sleeper(t);
    const file = processFile(t, { cwd: "/", args: ["true"], env: ["PATH=/bin", "X=1"] });
    const out = shell(
      container,
      ["--process", file, "-e", "Y=2", "--cwd", "/srv", "-u", "1000"],
      "echo $X $Y $PWD $(id -u)",
    );
    assert.is(out, "1 2 /srv 1000\n");
    await container.remove();
  },
  { differs: { runc: "takes the file alone", crun: "takes the file alone" } },
);

const FIXTURES = join(import.meta.dirname, "../src/spec/fixtures");

clause("exec --process: the processes of docker, containerd and its CRI plugin", async (t) => {
  const container = await sleeper(t);
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".exec.process.json"));
  assert.ok(names.length >= 2);
  for (const name of names) {
    const text = readFileSync(join(FIXTURES, name), "utf8");
    const { args } = JSON.parse(text) as { args: string[] };
    const code = Number(/exit (\d+)/.exec(args[2] ?? "")?.[1]);
    writeFileSync(t.path(name), text);
    const result = container.command("exec", "--process", t.path(name), container.id);
    assert.is(result.status, code, name);
    assert.match(result.stdout, /^(in|out)\n/, name);
  }
  await container.remove();
});

clause("exec --detach --pid-file: returns at once, with the pid in digits only", async (t) => {
  const container = await sleeper(t);
  const pidFile = t.path("pid");
  const argv = t.argv([
    "exec",
    "--detach",
    "--pid-file",
    pidFile,
    container.id,
    "sh",
    "-c",
    "echo started; sleep 1000",
  ]);
  const command = t.start(argv);
  assert.succeeds(await command.ended);
  const text = readFileSync(pidFile, "utf8");
  assert.match(text, /^\d+$/);
  const status = readFileSync(`/proc/${text}/status`, "utf8");
  // Its pid in the container's namespace comes last.
  assert.match(status, /^NSpid:\t\d+\t\d+$/m);
  await until("its output", () => command.stdout() === "started\n");
  await container.remove();
});

clause(
  "exec --preserve-fds: those and no others",
  async (t) => {
    const container = await sleeper(t);
    const one = t.file("one", "1");
    const argv = (count: number) =>
      t.argv(["exec", "--preserve-fds", String(count), container.id, "probe", "fds"]);
    const open = ["sh", "-c", `exec 3<${one} 4<${one} 7<${one}; "$@"`, "sh"];
    assert.is(t.execute([...open, ...argv(0)]).stdout, "");
    assert.is(t.execute([...open, ...argv(2)]).stdout, `3 ${one}\n4 ${one}\n`);
    assert.is(t.execute([...open, ...argv(5)]).stdout, `3 ${one}\n4 ${one}\n7 ${one}\n`);
    await container.remove();
  },
  { differs: { runc: "wants all of them open" } },
);

conclude();
