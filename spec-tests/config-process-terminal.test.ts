/** runtime-spec config.md, "Process": terminal and consoleSize; and the options of the command line for them. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { assert, bind, type Case, type Config, clause, conclude, outside, until } from "./harness/index.ts";

type Edit = (config: Config) => void;

const terminal =
  (...args: string[]): Edit =>
  (c) => {
    c.process.terminal = true;
    c.process.args = args;
  };

/** `run` in the foreground of a caller with a terminal of 31 rows and 97 columns; \r\n as \n. */
function onTerminal(t: Case, edit: Edit, input?: string) {
  const container = t.container(edit, `-${Math.random().toString(36).slice(2)}`);
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute([outside, "pty", "31", "97", ...argv], input === undefined ? {} : { input });
  return { ...result, stdout: result.stdout.replaceAll("\r", "") };
}

/** Starts the caller's end of a console socket. */
async function consoleSocket(t: Case, input?: string) {
  const socket = t.path("console.sock");
  const receiver = t.start([outside, "console", socket], input === undefined ? {} : { input });
  await until("the console socket", () => existsSync(socket));
  return { flags: ["--console-socket", socket], receiver };
}

clause("terminal true: stdio is the container's own, controlling terminal", (t) => {
  const result = assert.succeeds(onTerminal(t, terminal("/bin/probe", "terminal")));
  assert.match(result.stdout, /^tty 111 name \/dev\/(pts\/0|console) controlling 1 .* leader 1$/m);
});

clause(
  "terminal true: without consoleSize it has the size of the caller's",
  (t) => {
    assert.is(assert.succeeds(onTerminal(t, terminal("stty", "size"))).stdout, "31 97\n");
  },
  { differs: { crun: "does not copy the size" } },
);

clause(
  "consoleSize: size of the terminal",
  (t) => {
    const result = onTerminal(t, (c) => {
      terminal("stty", "size")(c);
      c.process.consoleSize = { height: 40, width: 121 };
    });
    assert.is(assert.succeeds(result).stdout, "40 121\n");
  },
  { differs: { runc: "the caller's terminal wins" } },
);

clause("terminal true: what is typed reaches the program, and its exit code the caller", (t) => {
  const result = onTerminal(t, terminal("sh"), "echo $((6 * 7)) is the answer\nexit 19\n");
  assert.is(result.status, 19);
  assert.match(result.stdout, /^42 is the answer$/m);
});

clause("terminal true: the caller's terminal is as before when run ends", (t) => {
  const container = t.container(terminal("stty", "raw"));
  const script = 'before=$(stty -g); "$@"; [ "$before" = "$(stty -g)" ] && echo restored';
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute([outside, "pty", "24", "80", "sh", "-c", script, "sh", ...argv]);
  assert.match(assert.succeeds(result).stdout, /restored/);
});

clause(
  "terminal true: the caller's terminal is as before when a signal ends run itself",
  (t) => {
    const pidFile = t.path("run.pid");
    const container = t.container(terminal("sleep", "1000"));
    const ending = `until stty -a </dev/tty | grep -q -e -icanon; do sleep 0.01; done; kill -XCPU $(cat ${pidFile})`;
    const run = `sh -c 'echo $$ >${pidFile}; exec "$@"' sh "$@"`;
    const script = `before=$(stty -g); (${ending}) & ${run}; echo "code $?"; [ "$before" = "$(stty -g)" ] && echo restored`;
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const result = t.execute([outside, "pty", "24", "80", "sh", "-c", script, "sh", ...argv]);
    assert.match(assert.succeeds(result).stdout, /code 152\r\nrestored/);
    container.delete("--force");
  },
  { needs: ["ocirt"] },
);

clause(
  "terminal true: a new size of the caller's terminal is passed on",
  (t) => {
    const shared = t.directory;
    const container = t.container((c) => {
      const watch = 'trap "stty size; exit 0" WINCH; touch /srv/ready; while :; do sleep 0.02; done';
      terminal("sh", "-c", watch)(c);
      c.mounts.push(bind(shared, "/srv"));
    });
    const resize = `(until [ -e ${shared}/ready ]; do sleep 0.01; done; stty rows 50 cols 132 </dev/tty) &`;
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const result = t.execute([outside, "pty", "24", "80", "sh", "-c", `${resize} exec "$@"`, "sh", ...argv]);
    assert.match(assert.succeeds(result).stdout, /50 132/);
  },
  { differs: { crun: "does not pass the size on here" } },
);

clause(
  "terminal true: works without a terminal of the caller's",
  (t) => {
    const container = t.container(terminal("/bin/probe", "terminal"));
    const result = assert.succeeds(container.run());
    assert.match(result.stdout, /tty 111 /);
  },
  { differs: { runc: "opens /dev/tty", crun: "fails in tcgetattr" } },
);

clause("Linux default devices: /dev/console is the terminal, owned by the user", (t) => {
  const script =
    "stat -c '%t:%T %u' /dev/console; stat -c '%t:%T %u' $(tty); echo to the console >/dev/console";
  const result = onTerminal(t, (c) => {
    terminal("sh", "-c", script)(c);
    c.process.user = { uid: 1000, gid: 1000 };
  });
  const [console, tty, text] = assert.succeeds(result).stdout.split("\n");
  assert.is(console, "88:0 1000");
  assert.is(tty, "88:0 1000");
  assert.is(text, "to the console");
});

clause("terminal true: the terminal is in the container's devpts, not in the host's", (t) => {
  const before = statSync("/dev/pts").ino;
  const result = onTerminal(t, terminal("sh", "-c", "tty; ls -1 /dev/pts; stat -c %i /dev/pts"));
  assert.match(assert.succeeds(result).stdout, /^\/dev\/pts\/0\n0\nptmx\n/);
  assert.is(statSync("/dev/pts").ino, before);
});

clause("create --console-socket: the terminal is sent to the socket", async (t) => {
  const { flags, receiver } = await consoleSocket(t, "typed by the caller\n");
  const container = t.container(terminal("sh", "-c", "probe terminal; head -n 1; exit 5"));
  await container.create(flags);
  await until("the descriptor", () => receiver.stdout().includes("terminal 1 name-length 1"));
  container.start();
  await container.waitFor("stopped");
  const { stdout } = await receiver.ended;
  assert.match(stdout, /tty 111 name \/dev\/\S+ controlling 1 /);
  // Once as the terminal's echo, once as the program's output.
  assert.is(stdout.match(/typed by the caller/g)?.length, 2);
  assert.is(container.output(), "", "nothing goes to the runtime's stdout");
});

clause(
  "terminal true: the end of an input that is no terminal is the end of the program's",
  (t) => {
    const script = 'stty -echo; while read -r line; do echo "line $line"; done; echo "rest $line"; exit 3';
    for (const [input, output] of [
      ["", "rest \n"],
      ["one\ntwo\n", "line one\nline two\nrest \n"],
      ["one\nhalf a line", "line one\nrest half a line\n"],
      [`${"x".repeat(99)}\n`.repeat(500), "rest \n"],
    ] as const) {
      const container = t.container(terminal("sh", "-c", script), `-${input.length}`);
      const result = container.run([], { input });
      assert.is(result.status, 3, result.stderr);
      const text = result.stdout.replaceAll("\r", "");
      // What came before the program turned it off was echoed.
      assert.ok(text.endsWith(output), text);
      assert.is(text.match(/line (one|two|x{99})\n/g)?.length ?? 0, input.split("\n").length - 1);
    }
  },
  { differs: { runc: "needs a terminal of the caller's", crun: "needs a terminal of the caller's" } },
);

clause(
  "--console-socket: what is no stream socket is an error that says so, and nothing is left",
  async (t) => {
    for (const [path, reason] of [
      [t.file("regular", ""), /ECONNREFUSED/],
      [t.directory, /ECONNREFUSED/],
    ] as const) {
      const container = t.container(terminal("true"), `-${path.length}`);
      assert.refuses(await container.tryCreate(["--console-socket", path]), /console socket/, reason);
      assert.refuses(container.command("state", container.id), /does not exist/);
    }
  },
  { needs: ["ocirt"] },
);

clause(
  "terminal true: output passes through one terminal's processing, not two",
  (t) => {
    const result = onTerminal(t, terminal("/bin/probe", "terminal"));
    assert.match(assert.succeeds(result).stdout, / onlcr 0 /);
  },
  { differs: { crun: "leaves ONLCR on" } },
);

clause("create --console-socket: consoleSize is the terminal's size", async (t) => {
  const { flags, receiver } = await consoleSocket(t);
  const container = t.container((c) => {
    terminal("stty", "size")(c);
    c.process.consoleSize = { height: 17, width: 55 };
  });
  await container.runDetached(flags);
  assert.match((await receiver.ended).stdout, /17 55/);
});

clause("create with a terminal and without --console-socket is an error that says what to use", async (t) => {
  const container = t.container(terminal("true"));
  assert.refuses(await container.tryCreate(), /console.socket/);
});

clause("run --detach with a terminal and without --console-socket is an error that says what to use", (t) => {
  const container = t.container(terminal("true"));
  assert.refuses(container.run(["--detach"]), /console.socket/);
});

clause(
  "--console-socket without a terminal is an error",
  async (t) => {
    const { flags } = await consoleSocket(t);
    const container = t.container((c) => (c.process.args = ["true"]));
    assert.refuses(await container.tryCreate(flags), /terminal|tty|console/i);
  },
  { differs: { crun: "ignores the socket" } },
);

clause("--console-socket: a socket that does not exist is an error that names it", async (t) => {
  const container = t.container(terminal("true"));
  const socket = join(t.directory, "nobody.sock");
  assert.refuses(await container.tryCreate(["--console-socket", socket]), /nobody\.sock|console.?socket/i);
});

conclude();
