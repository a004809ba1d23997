/** The command exec with a terminal: --tty in the foreground, --console-socket, --pidfd-socket. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleeper } from "./harness/exec.ts";
import {
  assert,
  bind,
  type Case,
  type Container,
  clause,
  conclude,
  outside,
  until,
} from "./harness/index.ts";

/** `exec` in the foreground of a caller with a terminal of 31 rows and 97 columns; \r\n as \n. */
function onTerminal(t: Case, container: Container, words: string[], input?: string) {
  const argv = t.argv(["exec", ...words.slice(0, -1), container.id, "sh", "-c", words.at(-1) ?? ""]);
  const result = t.execute([outside, "pty", "31", "97", ...argv], input === undefined ? {} : { input });
  return { ...result, stdout: result.stdout.replaceAll("\r", "") };
}

clause(
  "exec --tty: stdio is a controlling terminal of the container's, as large as the caller's",
  async (t) => {
    const container = await sleeper(t);
    const { stdout } = assert.succeeds(onTerminal(t, container, ["-t", "probe terminal; ls -1 /dev/pts"]));
    assert.match(stdout, /^tty 111 name \/dev\/pts\/0 controlling 1 size 31x97 /m);
    assert.match(stdout, /^0\nptmx\n/m);
    await container.remove();
  },
  { differs: { crun: "does not copy the size" } },
);

clause("exec --tty: what is typed reaches the program, and its exit code the caller", async (t) => {
  const container = await sleeper(t);
  const result = onTerminal(t, container, ["-t", "exec sh"], "echo $((6 * 7)) is the answer\nexit 19\n");
  assert.is(result.status, 19);
  assert.match(result.stdout, /^42 is the answer$/m);
  await container.remove();
});

clause("exec without --tty: none, also where the container has one", async (t) => {
  const container = await sleeper(t);
  const { stdout } = assert.succeeds(container.command("exec", container.id, "probe", "terminal"));
  assert.match(stdout, /^tty 000 name none controlling 0 /);
  await container.remove();
});

clause("exec --tty: the caller's terminal is as before", async (t) => {
  const container = await sleeper(t);
  const script = 'before=$(stty -g); "$@"; [ "$before" = "$(stty -g)" ] && echo restored';
  const argv = t.argv(["exec", "-t", container.id, "stty", "raw"]);
  const result = t.execute([outside, "pty", "24", "80", "sh", "-c", script, "sh", ...argv]);
  assert.match(assert.succeeds(result).stdout, /restored/);
  await container.remove();
});

clause(
  "exec --tty: a new size of the caller's terminal is passed on",
  async (t) => {
    const shared = t.directory;
    const container = await sleeper(t, (c) => c.mounts.push(bind(shared, "/srv")));
    const watch = 'trap "stty size; exit 0" WINCH; touch /srv/ready; while :; do sleep 0.02; done';
    const resize = `(until [ -e ${shared}/ready ]; do sleep 0.01; done; stty rows 50 cols 132 </dev/tty) &`;
    const argv = t.argv(["exec", "-t", container.id, "sh", "-c", watch]);
    const result = t.execute([outside, "pty", "24", "80", "sh", "-c", `${resize} exec "$@"`, "sh", ...argv]);
    assert.match(assert.succeeds(result).stdout, /50 132/);
    await container.remove();
  },
  { differs: { crun: "does not pass the size on here" } },
);

clause(
  "exec --tty: the terminal is the user's, and works without one of the caller's",
  async (t) => {
    const container = await sleeper(t);
    const script = "stat -c '%t:%T %u' $(tty)";
    const result = container.command("exec", "-t", "--user", "1000", container.id, "sh", "-c", script);
    assert.is(assert.succeeds(result).stdout.trim(), "88:0 1000");
    await container.remove();
  },
  { differs: { runc: "opens /dev/tty", crun: "fails in tcgetattr" } },
);

async function receiver(t: Case, input?: string) {
  const socket = t.path("console.sock");
  const command = t.start([outside, "console", socket], input === undefined ? {} : { input });
  await until("the console socket", () => existsSync(socket));
  return { socket, command };
}

clause(
  "exec --detach --console-socket: the terminal is sent, consoleSize is its size",
  async (t) => {
    const container = await sleeper(t);
    const { socket, command } = await receiver(t, "typed\n");
    const file = t.file(
      "process.json",
      JSON.stringify({
        terminal: true,
        consoleSize: { height: 17, width: 55 },
        cwd: "/",
        args: ["sh", "-c", "stty size; probe terminal; head -n 1"],
        env: ["PATH=/bin"],
      }),
    );
    const argv = ["exec", "--process", file, "--detach", "--tty", "--console-socket", socket, container.id];
    assert.succeeds(t.runtime(argv));
    const { stdout } = await command.ended;
    assert.match(stdout, /terminal 1 name-length 1/);
    assert.match(stdout, /17 55/);
    assert.match(stdout, /tty 111 name \/dev\/pts\/0 controlling 1 /);
    assert.is(stdout.match(/typed/g)?.length, 2);
    await container.remove();
  },
  { differs: { crun: "does not set the size" } },
);

const FIXTURES = join(import.meta.dirname, "../src/spec/fixtures");

clause("exec --console-socket: the processes of containerd and podman with a terminal", async (t) => {
  const container = await sleeper(t);
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".exec-tty.process.json"));
  assert.ok(names.length >= 2);
  for (const name of names) {
    const socket = t.path(`${name}.sock`);
    const command = t.start([outside, "console", socket]);
    await until("the console socket", () => existsSync(socket));
    writeFileSync(t.path(name), readFileSync(join(FIXTURES, name)));
    const pidFile = t.path(`${name}.pid`);
    const flags = ["--process", t.path(name), "--console-socket", socket, "--detach", "--pid-file", pidFile];
    assert.succeeds(t.runtime(["exec", ...flags, container.id]));
    assert.match((await command.ended).stdout, /\/dev\/pts\/\d/, name);
    assert.match(readFileSync(pidFile, "utf8"), /^\d+$/);
  }
  await container.remove();
});

clause(
  "exec --pidfd-socket: a pidfd of the process is sent",
  async (t) => {
    const container = await sleeper(t);
    const socket = t.path("pidfd.sock");
    const command = t.start([outside, "pidfd", socket]);
    await until("the socket", () => existsSync(socket));
    const pidFile = t.path("pid");
    const flags = ["--detach", "--pidfd-socket", socket, "--pid-file", pidFile];
    assert.succeeds(t.runtime(["exec", ...flags, container.id, "sleep", "1000"]));
    const { stdout } = await command.ended;
    assert.is(stdout, `setns pidfd of ${readFileSync(pidFile, "utf8")}\n`);
    await container.remove();
  },
  { differs: { runc: "of a later version", crun: "knows no such option" } },
);

conclude();
