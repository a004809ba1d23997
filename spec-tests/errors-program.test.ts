/** What a failing command says of a program that can't be executed: exact texts, one line in the log. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, clause, conclude } from "./harness/index.ts";

interface Program {
  readonly args?: string[];
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly prepare?: (rootfs: string) => void;
}

/** Asserts that run, and create with start, fail with this text, on stderr and as the only line of the log. */
async function fails(t: Case, program: Program, at: "create" | "start", message: string): Promise<void> {
  const container = t.container((c) => {
    c.process.args = program.args ?? ["/srv/program"];
    c.process.user = { uid: 1000, gid: 1000 };
  });
  const { rootfs } = container;
  const { content = "", mode = 0o755 } = program;
  writeFileSync(join(rootfs, "srv/program"), content, { mode });
  chmodSync(join(rootfs, "srv/program"), mode);
  program.prepare?.(rootfs);
  const run = container.run();
  assert.is(run.status, 1);
  assert.is(run.stderr, `ocirt: ${message}\n`);
  const log = t.path("log");
  const flags = ["--log", log, "--log-format", "json"];
  const create = t.runtime([...flags, "create", "--bundle", container.bundle, container.id]);
  if (at === "create") {
    assert.is(create.stderr, `ocirt: ${message}\n`);
  } else {
    assert.succeeds(create);
    const start = t.runtime([...flags, "start", container.id]);
    assert.is(start.status, 1);
    assert.is(start.stderr, `ocirt: ${message}\n`);
    assert.is(container.state().status, "stopped");
    container.delete();
  }
  const lines = readFileSync(log, "utf8").trim().split("\n");
  assert.is(lines.length, 1);
  const { level, msg } = JSON.parse(lines[0] ?? "") as { level: string; msg: string };
  assert.equal({ level, msg }, { level: "error", msg: message });
}

/** Only the texts are ocirt's own. */
const own = { differs: { crun: "says it in other words", runc: "says it in other words" } };

clause(
  "a script without an interpreter",
  (t) =>
    fails(
      t,
      { content: "echo hello\n" },
      "start",
      'exec /srv/program: exec format error (config.json /process/args): the file is a script without an interpreter; put `#!/bin/sh`, or what else it is written for, in its first line, or call it by "args": ["sh", …]',
    ),
  own,
);

clause(
  "a script whose interpreter is missing",
  (t) =>
    fails(
      t,
      { content: "#!/opt/none -x\n" },
      "start",
      "exec /srv/program: no such file or directory (config.json /process/args): the file is a script whose interpreter `/opt/none` is missing in the rootfs; add `/opt/none` to the rootfs, or name another in the script's first line",
    ),
  own,
);

clause(
  "a program for another architecture",
  (t) => {
    const content = new Uint8Array(64);
    content.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 243]);
    return fails(
      t,
      { content },
      "start",
      "exec /srv/program: exec format error (config.json /process/args): the file is an ELF for RISC-V, and this host is x86-64; use an image for this host's architecture, or register an emulator such as qemu-user with binfmt_misc",
    );
  },
  own,
);

clause(
  "a Wasm module without its annotation",
  (t) =>
    fails(
      t,
      { content: new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) },
      "start",
      'exec /srv/program: exec format error (config.json /process/args): the file is a WebAssembly module, and no annotation says that it is to be run as one; add "annotations": { "module.wasm.image/variant": "compat" }',
    ),
  own,
);

clause(
  "a program in a mount of the container's is looked at there",
  async (t) => {
    const source = t.path("mounted");
    mkdirSync(source);
    writeFileSync(join(source, "program"), "", { mode: 0o755 });
    const container = t.container((c) => {
      c.process.args = ["/mnt/program"];
      c.mounts.push({ destination: "/mnt", source, type: "bind", options: ["bind"] });
    });
    assert.is(
      container.run().stderr,
      "ocirt: exec /mnt/program: exec format error (config.json /process/args): the file is empty; copy it into the rootfs again\n",
    );
  },
  own,
);

clause(
  "a missing x permission of a directory names the directory, also behind a link",
  async (t) => {
    const message = (program: string, directory: string) =>
      `exec: "${program}": permission denied (config.json /process/args/0): the directory \`${directory}\` lacks the x permission for uid 1000; give it with chmod a+x, or run as a user who has it`;
    const closed = (rootfs: string) => {
      mkdirSync(join(rootfs, "opt/closed/inner"), { recursive: true });
      writeFileSync(join(rootfs, "opt/closed/inner/program"), "", { mode: 0o755 });
      chmodSync(join(rootfs, "opt/closed"), 0o700);
      symlinkSync("../opt/./closed/../closed/inner/program", join(rootfs, "srv/link"));
    };
    const path = "/opt/closed/inner/program";
    await fails(t, { args: [path], prepare: closed }, "create", message(path, "/opt/closed"));
  },
  own,
);

clause(
  "the directory behind a link is named",
  (t) =>
    fails(
      t,
      {
        args: ["/srv/link"],
        prepare: (rootfs) => {
          mkdirSync(join(rootfs, "opt/closed/inner"), { recursive: true });
          writeFileSync(join(rootfs, "opt/closed/inner/program"), "", { mode: 0o755 });
          chmodSync(join(rootfs, "opt/closed"), 0o700);
          symlinkSync("../opt/./closed/../closed/inner/program", join(rootfs, "srv/link"));
        },
      },
      "create",
      'exec: "/srv/link": permission denied (config.json /process/args/0): the directory `/opt/closed` lacks the x permission for uid 1000; give it with chmod a+x, or run as a user who has it',
    ),
  own,
);

clause(
  "a missing x permission of the file itself",
  (t) =>
    fails(
      t,
      { content: "#!/bin/sh\n", mode: 0o644 },
      "create",
      'exec: "/srv/program": permission denied (config.json /process/args/0): the file `/srv/program` lacks the x permission for uid 1000; make it executable with chmod +x',
    ),
  own,
);

clause(
  "a mount with noexec",
  (t) => {
    const container = t.container((c) => {
      c.process.args = ["/mnt/program"];
      c.mounts.push({ destination: "/mnt", source: t.directory, type: "bind", options: ["bind", "noexec"] });
    });
    t.file("program", "#!/bin/sh\n", 0o755);
    assert.is(
      container.run().stderr,
      'ocirt: exec: "/mnt/program": permission denied (config.json /process/args/0): the mount that `/mnt/program` is on has the option noexec; mount it without noexec\n',
    );
  },
  own,
);

clause(
  "a FIFO as an interpreter is not opened",
  (t) => {
    const container = t.container((c) => (c.process.args = ["/srv/program"]));
    writeFileSync(join(container.rootfs, "srv/program"), "#!/srv/fifo\n", { mode: 0o755 });
    assert.succeeds(t.execute(["mkfifo", "-m", "755", join(container.rootfs, "srv/fifo")]));
    assert.is(
      container.run().stderr,
      "ocirt: exec /srv/program: permission denied (config.json /process/args): the file is a script whose interpreter `/srv/fifo` may not be executed; give it, and the directories of its path, the x permission\n",
    );
  },
  own,
);

conclude();
