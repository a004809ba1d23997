/** The command exec: what it refuses, with the texts and the exit codes that engines look for. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { sleeper } from "./harness/exec.ts";
import { assert, type Container, clause, conclude, until } from "./harness/index.ts";
import { nameOf } from "./harness/leaks.ts";

const OURS = { needs: ["ocirt"] } as const;

/** Asserts the whole of what a failing exec says, and runc's exit code. */
function fails(container: Container, words: string[], text: string): void {
  const { status, stdout, stderr } = container.command("exec", ...words);
  assert.equal([status, stdout, stderr], [255, "", `ocirt: ${text}\n`]);
}

clause(
  "exec: a program that can't be executed",
  async (t) => {
    const container = await sleeper(t);
    const { id } = container;
    writeFileSync(`${container.rootfs}/srv/plain`, "text", { mode: 0o644 });
    writeFileSync(`${container.rootfs}/srv/nonsense`, "text", { mode: 0o755 });
    writeFileSync(`${container.rootfs}/srv/script`, "#!/no/such/interpreter\n", { mode: 0o755 });
    fails(container, [id, "nope"], 'exec: "nope": executable file not found in $PATH (`/bin/nope`)');
    fails(container, [id, "/nope"], 'exec: "/nope": no such file or directory');
    const lacks = "permission denied: the file `/srv/plain` lacks the x permission for uid 0";
    fails(container, [id, "/srv/plain"], `exec: "/srv/plain": ${lacks}; make it executable with chmod +x`);
    fails(container, [id, "/srv"], 'exec: "/srv": is a directory');
    const interpreterless =
      'the file is a script without an interpreter; put `#!/bin/sh`, or what else it is written for, in its first line, or call it by "args": ["sh", …]';
    fails(container, [id, "/srv/nonsense"], `exec /srv/nonsense: exec format error: ${interpreterless}`);
    const result = container.command("exec", id, "/srv/script");
    assert.is(result.status, 255);
    assert.match(
      result.stderr,
      /^ocirt: exec \/srv\/script: no such file or directory.*`\/no\/such\/interpreter`/,
    );
    await container.remove();
  },
  OURS,
);

clause("exec: the texts of a missing program that engines match, and no broken pipe", async (t) => {
  const container = await sleeper(t);
  for (const [program, pattern] of [
    ["nope", /executable file (`nope` )?not found in/i],
    ["/nope", /no such file or directory/i],
  ] as const) {
    const result = container.command("exec", container.id, program);
    assert.is.not(result.status, 0);
    assert.match(result.stderr, pattern);
    assert.not.match(result.stderr, /broken pipe/i);
  }
  await container.remove();
});

clause(
  "exec: options that can't be",
  async (t) => {
    const container = await sleeper(t);
    const { id } = container;
    const missing = "no such file or directory (ENOENT)";
    fails(container, ["--cwd", "/nope", id, "true"], `change to the working directory \`/nope\`: ${missing}`);
    fails(container, ["--cwd", "srv", id, "true"], "use the working directory `srv`: it must be absolute");
    fails(
      container,
      ["--user", "root", id, "true"],
      "read --user `root`: expected uid or uid:gid in numbers",
    );
    const command = "name the command after the container, or in the file of --process";
    fails(container, [id], `plan the process: process args cannot be empty; ${command}`);
    fails(container, ["--process", "/nope", id], `read the process \`/nope\`: ${missing}`);
    const file = t.file("process.json", '{"args": ["true"], "cwd": "srv"}');
    const place = 'line 1, column 27: /cwd: expected an absolute path, found "srv"';
    fails(container, ["--process", file, id], `validate \`${file}\`: ${place}`);
    const hint = "give it as an ordinary file to be told where it is not";
    const argv = t.argv(["exec", "--process", "/dev/fd/0", id]);
    const piped = t.execute(["sh", "-c", 'echo "{}" | "$@"', "sh", ...argv]);
    assert.equal(
      [piped.status, piped.stderr],
      [255, `ocirt: validate \`/dev/fd/0\`: it is not a process of the specification; ${hint}\n`],
    );
    fails(
      container,
      ["--tty", "--detach", id, "true"],
      "set up the terminal: cannot allocate tty if ocirt will detach without setting console socket; use --console-socket, or leave --detach or the terminal out",
    );
    fails(
      container,
      ["--console-socket", "/nope", id, "true"],
      "use the console socket `/nope`: the process has no terminal; leave --console-socket out, or ask for a terminal with --tty",
    );
    const usage = container.command("exec", "--nope", id, "true");
    assert.is(usage.status, 1);
    assert.match(usage.stderr, /unknown option `--nope` of exec/);
    await container.remove();
  },
  OURS,
);

clause(
  "exec --pid-file, --console-socket, --pidfd-socket that can't be used: nothing of the program runs",
  async (t) => {
    const container = await sleeper(t);
    const { id, rootfs } = container;
    const program = ["sh", "-c", "touch /srv/ran; sleep 1000"];
    const refused = (text: RegExp, ...flags: string[]) => {
      const result = container.command("exec", ...flags, id, ...program);
      assert.is(result.status, 255);
      assert.match(result.stderr, text);
    };
    refused(
      /^ocirt: write the pid file `\/nope\/pid`: no such file or directory \(ENOENT\)\n$/,
      "--pid-file",
      "/nope/pid",
    );
    refused(
      /^ocirt: send the pidfd to the socket `\/nope`: no such file or directory/,
      "--pidfd-socket",
      "/nope",
    );
    refused(
      /^ocirt: send the terminal to the console socket `\/nope`: /,
      "-t",
      "-d",
      "--console-socket",
      "/nope",
    );
    assert.not(existsSync(`${rootfs}/srv/ran`));
    const lines = container.command("exec", id, "ps", "-o", "pid,ppid,args").stdout.trim().split("\n");
    assert.is(lines.length, 3, lines.join());
    await container.remove();
  },
  OURS,
);

clause(
  "exec: a failure removes the pid file",
  async (t) => {
    const container = await sleeper(t);
    writeFileSync(`${container.rootfs}/srv/nonsense`, "text", { mode: 0o755 });
    const pidFile = t.path("pid");
    for (const program of ["nope", "/srv/nonsense"]) {
      assert.is(container.command("exec", "-d", "--pid-file", pidFile, container.id, program).status, 255);
      assert.not(existsSync(pidFile), program);
    }
    await container.remove();
  },
  OURS,
);

clause(
  "exec: an id that is not there does not exist",
  (t) => {
    const result = t.runtime(["exec", "nobody-has-this-id", "true"]);
    assert.refuses(result, /does not exist/);
  },
  { differs: { crun: "tells only of a file" } },
);

clause(
  "exec: a stopped container is refused",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.runDetached();
    await container.waitFor("stopped");
    fails(
      container,
      [container.id, "true"],
      `exec in the container \`${container.id}\`: cannot exec in a stopped container: container not running`,
    );
    container.delete();
  },
  OURS,
);

clause(
  "exec: exactly one line in the log of a failure, of level error",
  async (t) => {
    const container = await sleeper(t);
    const log = t.path("log.json");
    const result = t.runtime([
      "--log",
      log,
      "--log-format",
      "json",
      "exec",
      "--cap",
      "CAP_NOPE",
      container.id,
      "nope",
    ]);
    assert.is(result.status, 255);
    const [line, ...rest] = readFileSync(log, "utf8").trim().split("\n");
    assert.equal(rest, []);
    const { level, msg } = JSON.parse(line ?? "") as { level: string; msg: string };
    assert.equal([level, msg], ["error", 'exec: "nope": executable file not found in $PATH (`/bin/nope`)']);
    await container.remove();
  },
  OURS,
);

clause(
  "exec: a paused container is refused; with --ignore-paused the process waits until it is resumed",
  async (t) => {
    const container = await sleeper(t);
    const { id } = container;
    assert.succeeds(container.command("pause", id));
    fails(
      container,
      [id, "true"],
      `exec in the container \`${id}\`: cannot exec in a paused container; resume it, or let the process wait for that with --ignore-paused`,
    );
    const waiting = t.start(t.argv(["exec", "--ignore-paused", id, "echo", "resumed"]));
    const frozen = () => t.processes().some((pid) => nameOf(pid).startsWith("ocirt:init"));
    await until("it waits", frozen);
    assert.is(waiting.stdout(), "");
    assert.succeeds(container.command("resume", id));
    const { status, stdout } = await waiting.ended;
    assert.equal([status, stdout], [0, "resumed\n"]);
    await container.remove();
  },
  { needs: ["ocirt", "cgroup"] },
);

conclude();
