/** `checkpoint`: no part of the specification; as runc does it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, type Container, clause, conclude, until } from "./harness/index.ts";

const OWN = { needs: ["cgroup", "ocirt"] } as const;

/** A program `criu` that runs this shell script; descriptor 3 is the socket. The first request is for the version. */
function fake(t: Case, script: string): NodeJS.ProcessEnv {
  const directory = t.path("bin");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "criu"), `#!/bin/sh\n${READ}\n${script}`, { mode: 0o755 });
  rmSync(join(directory, "criu.asked"), { force: true });
  return { ...t.environment, PATH: `${directory}:/usr/bin:/bin` };
}

/** Takes one message and keeps it beside the program. */
const READ = 'dd bs=4096 count=1 <&3 >"$0.request" 2>/dev/null';

/** Messages of criu_resp: version 3.17, version 2.12; a notification; a dump that worked; one with EINVAL. */
const V3 = "printf '\\010\\012\\020\\001\\122\\004\\010\\003\\020\\021' >&3";
const V2 = "printf '\\010\\012\\020\\001\\122\\004\\010\\002\\020\\014' >&3";
const NOTIFY = "printf '\\010\\006\\020\\001\\052\\002\\012\\000' >&3";
const DONE = "printf '\\010\\001\\020\\001' >&3";
const REFUSED = "printf '\\010\\001\\020\\000\\070\\026' >&3";
const second = (script: string) =>
  `if [ -e "$0.asked" ]; then rm "$0.asked"; ${script}; else touch "$0.asked"; ${V3}; fi\n`;

async function sleeper(t: Case): Promise<Container> {
  const container = t.container((c) => (c.process.args = ["sleep", "1000"]));
  await container.runDetached();
  return container;
}

const checkpoint = (t: Case, container: Container, env: NodeJS.ProcessEnv, ...flags: string[]) =>
  t.execute(t.argv(["checkpoint", "--image-path", t.path("images"), ...flags, container.id]), { env });

clause(
  "checkpoint without criu, with one that is too old, ends early or refuses: told, and the container runs on",
  async (t) => {
    const container = await sleeper(t);
    const refused = (env: NodeJS.ProcessEnv, text: string, ...flags: string[]) => {
      const { status, stderr } = checkpoint(t, container, env, ...flags);
      assert.equal([status, stderr], [1, `ocirt: ${text}\n`]);
      assert.is(container.state().status, "running");
    };
    const log = t.path("images/dump.log");
    const what = `checkpoint the container \`${container.id}\``;
    refused(
      { ...t.environment, PATH: t.path("nothing") },
      "checkpoint the container: there is no `criu` in PATH; install the package criu, version 3.0 or later",
    );
    const criu = t.path("bin/criu");
    refused(fake(t, V2), `checkpoint the container \`${criu}\`: version 2.12 is too old, 3.0 is needed`);
    refused(
      fake(t, "exit 1"),
      `checkpoint the container \`${criu}\`: its version is not known: it ended without an answer`,
    );
    refused(
      fake(t, "echo nonsense >&3"),
      `checkpoint the container \`${criu}\`: its version is not known: its answer is no message`,
    );
    refused(fake(t, second(REFUSED)), `${what}: criu failed: it says EINVAL; see ${log}`);
    refused(fake(t, second("exit 1")), `${what}: criu failed: it ended without an answer; see ${log}`);
    const work = t.path("work");
    refused(
      fake(t, second(`echo "(00.01) Error (criu/a.c:1): elsewhere" > ${work}/dump.log; ${REFUSED}`)),
      `${what}: criu failed: elsewhere; see ${work}/dump.log`,
      `--work-path=${work}`,
    );
    const errors = ["rlimit: no matter", "Can't lookup mount=24", "Dumping FAILED."];
    const lines = errors.map((error, line) => `(00.0${line}) Error (criu/a.c:${line}): ${error}\\n`).join("");
    refused(
      fake(t, second(`printf "${lines}" > ${log}; ${REFUSED}`)),
      `${what}: criu failed: Can't lookup mount=24: Dumping FAILED.; see ${log}`,
    );
    refused(fake(t, second(REFUSED)), `${what}: criu failed: it says EINVAL; see ${log}`);
    refused(
      fake(t, second(REFUSED)),
      "checkpoint the container `/x`: --parent-path must be relative to --image-path",
      "--parent-path=/x",
    );
    // criu_features without mem_track.
    refused(
      fake(t, second("printf '\\010\\011\\020\\001\\102\\002\\010\\000' >&3")),
      `${what}: the kernel or criu can't track changes of memory, which --pre-dump needs`,
      "--pre-dump",
    );
    refused(
      fake(t, second("exit 1")),
      `checkpoint the container \`${criu}\`: its features are not known: it ended without an answer`,
      "--pre-dump",
    );
    await container.remove();
  },
  OWN,
);

clause(
  "checkpoint deletes the container when criu has saved it, and leaves it with --leave-running",
  async (t) => {
    const container = await sleeper(t);
    const answer = second(`${NOTIFY}; ${READ}; ${DONE}`);
    assert.succeeds(checkpoint(t, container, fake(t, answer), "--leave-running"), "checkpoint");
    assert.is(container.state().status, "running");
    assert.equal(JSON.parse(readFileSync(t.path("images/descriptors.json"), "utf8"))[0], "/dev/null");
    assert.succeeds(checkpoint(t, container, fake(t, answer)), "checkpoint");
    assert.refuses(container.command("state", container.id), /does not exist/);
  },
  OWN,
);

clause(
  "checkpoint --status-fd: gets a zero byte when criu tells that memory can be asked for, and then its end",
  async (t) => {
    const container = await sleeper(t);
    // Notifications with the scripts "network-lock" and "status-ready".
    const moment = (name: string) =>
      `printf '\\010\\006\\020\\001\\052\\${(name.length + 2).toString(8).padStart(3, "0")}\\012\\${name.length.toString(8).padStart(3, "0")}${name}' >&3; ${READ}`;
    const answer = second(`${moment("network-lock")}; ${moment("status-ready")}; ${DONE}`);
    const argv = t.argv(["checkpoint", "--image-path", t.path("images"), "--leave-running"]);
    const told = (fd: string) =>
      t.execute(["bash", "-c", `"$@" | od -An -c`, "bash", ...argv, "--status-fd", fd, container.id], {
        env: fake(t, answer),
      });
    assert.is(assert.succeeds(told("1")).stdout.trim(), "\\0");
    assert.match(told("77").stderr, /--status-fd 77 is no open descriptor/);
    assert.match(told("0").stderr, /--status-fd 0 is not open for writing/);
    await container.remove();
  },
  OWN,
);

clause(
  "checkpoint --lazy-pages: refused by name where the kernel or criu can't",
  async (t) => {
    const container = await sleeper(t);
    const without = second("printf '\\010\\011\\020\\001\\102\\002\\020\\000' >&3");
    assert.match(checkpoint(t, container, fake(t, without), "--lazy-pages").stderr, /userfaultfd/);
    await container.remove();
  },
  OWN,
);

clause(
  "org.criu.config: criu gets the annotation's file, and none where it is empty",
  async (t) => {
    const config = t.file("criu.conf", "");
    for (const [value, expected] of [
      [config, true],
      ["", false],
    ] as const) {
      const container = t.container((c) => {
        c.process.args = ["sleep", "1000"];
        c.annotations = { "org.criu.config": value };
      }, `-${expected}`);
      await container.runDetached();
      assert.succeeds(checkpoint(t, container, fake(t, second(DONE))), "checkpoint");
      const request = readFileSync(t.path("bin/criu.request"), "latin1");
      assert.is(request.includes(config), expected);
      assert.is(request.includes(".conf"), expected);
    }
  },
  OWN,
);

clause(
  "checkpoint of a container that is not running is refused",
  async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    await container.create();
    const { status, stderr } = checkpoint(t, container, fake(t, DONE));
    assert.is(status, 1);
    assert.is(
      stderr,
      `ocirt: checkpoint the container \`${container.id}\`: container not running; it is created\n`,
    );
    container.delete("--force");
  },
  OWN,
);

clause(
  "checkpoint with criu: bind mounts and masked files are external, and what it saves is whole",
  async (t) => {
    const container = t.container((c) => {
      c.process.args = ["sleep", "1000"];
      c.mounts.push({ destination: "/host", type: "bind", source: "/etc", options: ["rbind", "ro"] });
      c.linux.maskedPaths = ["/proc/keys"];
    });
    // CRIU can't save streams that are the host's files.
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]).join(" ");
    t.start(["sh", "-c", `sleep 1000 | ${argv} 2>&1 | cat; exit 0`]);
    await until("it runs", () => {
      const { status, stdout } = container.command("state", container.id);
      return status === 0 && stdout.includes('"running"');
    });
    assert.succeeds(checkpoint(t, container, t.environment), "checkpoint");
    assert.ok(existsSync(t.path("images/inventory.img")));
    assert.match(readFileSync(t.path("images/dump.log"), "utf8"), /Dumping finished successfully/);
    for (const pid of t.processes()) execFileSync("kill", [`${pid}`]);
  },
  { needs: ["cgroup", "ocirt", "criu"] },
);

conclude();
