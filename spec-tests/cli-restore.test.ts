/** `restore`: no part of the specification; as runc does it. Mostly CRIU is played by a script that speaks its RPC. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, clause, conclude, until } from "./harness/index.ts";

const OWN = { needs: ["cgroup", "ocirt"] } as const;

/** Takes one message and keeps it beside the program. */
const READ = 'dd bs=65536 count=1 <&3 >"$0.request" 2>/dev/null';
/** Messages of criu_resp: version 3.17; a restore that worked; one with EINVAL. */
const V3 = "printf '\\010\\012\\020\\001\\122\\004\\010\\003\\020\\021' >&3";
const DONE = "printf '\\010\\002\\020\\001' >&3";
const REFUSED = "printf '\\010\\002\\020\\000\\070\\026' >&3";

/** Starts a program and tells it as the restored one. */
const restored = (program: string) => `
  cp /proc/self/cgroup "$0.cgroup"; cp /proc/self/mountinfo "$0.mounts"
  sh -c '${program}' </dev/null >/dev/null 2>&1 3>&- & pid=$!
  printf "$(printf '\\\\010\\\\006\\\\020\\\\001\\\\052\\\\022\\\\012\\\\014post-restore\\\\020\\\\%03o\\\\%03o\\\\%03o' \\
    $((pid % 128 + 128)) $((pid / 128 % 128 + 128)) $((pid / 16384)))" >&3
  dd bs=4096 count=1 <&3 >/dev/null 2>&1`;

/** A program `criu` that answers the request for the version, and at its next start runs the script. */
function fake(t: Case, script: string): NodeJS.ProcessEnv {
  const directory = t.path("bin");
  mkdirSync(directory, { recursive: true });
  const body = `if [ -e "$0.asked" ]; then rm "$0.asked"; ${script}\nelse touch "$0.asked"; ${V3}; fi\n`;
  writeFileSync(join(directory, "criu"), `#!/bin/sh\n${READ}\n${body}`, { mode: 0o755 });
  rmSync(join(directory, "criu.asked"), { force: true });
  mkdirSync(t.path("images"), { recursive: true });
  writeFileSync(t.path("images/descriptors.json"), '["/dev/null","pipe:[77]","/dev/null"]');
  return { ...t.environment, PATH: `${directory}:/usr/sbin:/usr/bin:/sbin:/bin` };
}

const restore = (t: Case, { bundle, id }: Container, env: NodeJS.ProcessEnv, ...flags: string[]) =>
  t.execute(t.argv(["restore", `--bundle=${bundle}`, `--image-path=${t.path("images")}`, ...flags, id]), {
    env,
  });

/** A zombie has no executable any more. Whoever adopted it may not have reaped it yet. */
const ended = (pid: number) => until("its process has ended", () => !existsSync(`/proc/${pid}/exe`));

clause(
  "restore: the process that criu tells is the container's, in its cgroup, until it is killed and deleted",
  async (t) => {
    const container = t.container((c) => {
      c.mounts.push({ destination: "/host", type: "bind", source: "/etc", options: ["bind"] });
    });
    const env = fake(t, `${restored("exec sleep 1000")}; ${DONE}`);
    const pidFile = t.path("pid");
    const flags = ["--detach", "--no-pivot", "--no-subreaper", `--pid-file=${pidFile}`];
    assert.succeeds(restore(t, container, env, ...flags), "restore");
    const state = container.state();
    assert.is(state.status, "running");
    assert.is(readFileSync(pidFile, "utf8"), String(state.pid));
    const cgroup = (text: string) => text.split("\n").filter((line) => !line.includes("name="));
    assert.equal(
      cgroup(readFileSync(`/proc/${state.pid}/cgroup`, "utf8")),
      cgroup(readFileSync(t.path("bin/criu.cgroup"), "utf8")),
    );
    assert.match(readFileSync(t.path("bin/criu.mounts"), "utf8"), /\/ocirt\.criu-root /);
    assert.not.match(readFileSync("/proc/self/mountinfo", "utf8"), /\/ocirt\.criu-root /);
    const request = readFileSync(t.path("bin/criu.request"), "latin1");
    for (const part of [
      `/${container.id}/ocirt.criu-root`,
      "\n\x05/host\x12\x04/etc",
      "\n\tpipe:[77]\x10\x01",
    ])
      assert.ok(request.includes(part), part);
    assert.refuses(restore(t, container, env, "--detach"), /already exists/);
    assert.succeeds(container.command("delete", "--force", container.id), "delete");
    await ended(state.pid ?? 0);
  },
  OWN,
);

clause(
  "restore in the foreground ends with the program's exit code and deletes the container",
  async (t) => {
    const container = t.container();
    const env = fake(t, `${restored("sleep 0.2; exit 7")}; ${DONE}`);
    assert.is(restore(t, container, env).status, 7);
    assert.refuses(container.command("state", container.id), /does not exist/);
  },
  OWN,
);

clause(
  "a restore that fails is told, and nothing of it is left: the id can be used again",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    const what = `restore the container \`${container.id}\``;
    const log = t.path("images/restore.log");
    const refused = (env: NodeJS.ProcessEnv, text: string, ...flags: string[]) => {
      const { status, stderr } = restore(t, container, env, "--detach", ...flags);
      assert.equal([status, stderr], [1, `ocirt: ${text}\n`]);
      assert.refuses(container.command("state", container.id), /does not exist/);
      assert.not.match(readFileSync("/proc/self/mountinfo", "utf8"), /criu-root/);
    };
    refused(
      { ...fake(t, DONE), PATH: t.path("nothing") },
      "restore the container: there is no `criu` in PATH; install the package criu, version 3.0 or later",
    );
    refused(fake(t, REFUSED), `${what}: criu failed: it says EINVAL; see ${log}`);
    refused(fake(t, "exit 1"), `${what}: criu failed: it ended without an answer; see ${log}`);
    refused(fake(t, DONE), `${what}: criu failed: it never told the container's process; see ${log}`);
    const work = t.path("work");
    refused(
      fake(t, `echo "(00.01) Error (criu/a.c:1): elsewhere" > ${work}/restore.log; ${REFUSED}`),
      `${what}: criu failed: elsewhere; see ${work}/restore.log`,
      `--work-path=${work}`,
    );
    // Also the process that it had restored before.
    refused(
      fake(t, `${restored("exec sleep 1000")}; echo $pid > "$0.pid"; ${REFUSED}`),
      `${what}: criu failed: it says EINVAL; see ${log}`,
    );
    await ended(Number(readFileSync(t.path("bin/criu.pid"), "utf8")));
    assert.match(
      restore(t, container, fake(t, DONE), "--detach", `--console-socket=${t.path("socket")}`).stderr,
      /a console socket was given for a container without a terminal/,
    );
    rmSync(t.path("images/descriptors.json"));
    const { stderr } = restore(
      t,
      container,
      { ...t.environment, PATH: fake(t, REFUSED).PATH },
      "--image-path=/nothing",
    );
    assert.is(stderr, "ocirt: open the images `/nothing`: no such file or directory (ENOENT)\n");
    await container.create();
    container.delete("--force");
  },
  OWN,
);

clause(
  "restore with criu: the program goes on where it was, and the container is as any other",
  async (t) => {
    const container = t.container((c) => {
      c.root.readonly = false;
      c.process.args = ["sh", "-c", "echo before > /said; sleep 1000; echo after > /said"];
      c.mounts.push({ destination: "/host", type: "bind", source: "/etc", options: ["rbind", "ro"] });
      c.linux.maskedPaths = ["/proc/keys"];
    });
    // CRIU can't save streams that are the host's files.
    const inPipes = (...words: string[]) =>
      t.start(["sh", "-c", `sleep 1000 | ${t.argv(words).join(" ")} 2>&1 | cat; exit 0`]);
    const running = () => container.command("state", container.id).stdout.includes('"running"');
    const said = join(container.bundle, "rootfs/said");
    const images = `--image-path=${t.path("images")}`;
    inPipes("run", "--bundle", container.bundle, container.id);
    await until("it runs", () => running() && existsSync(said));
    assert.succeeds(container.command("checkpoint", images, container.id), "checkpoint");
    assert.not(running());
    inPipes("restore", "--bundle", container.bundle, images, container.id);
    await until("it runs again", running);
    assert.is(readFileSync(said, "utf8"), "before\n");
    assert.succeeds(container.command("exec", container.id, "ls", "/host/passwd"), "exec");
    // What it had begun is done next.
    assert.succeeds(container.command("exec", container.id, "sh", "-c", "kill $(pidof sleep)"), "exec");
    await until("it has gone on", () => readFileSync(said, "utf8") === "after\n");
    await until("it is deleted", () => container.command("state", container.id).status !== 0);
    // The feeders of the pipes; those of them that have ended meanwhile are no matter.
    execFileSync("sh", ["-c", `kill ${t.processes().join(" ")} 2>/dev/null; true`]);
  },
  { needs: ["cgroup", "ocirt", "criu"] },
);

conclude();
