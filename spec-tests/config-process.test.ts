/** runtime-spec config.md, "Process": program, environment, directory, streams and the end of the process. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, type Config, clause, conclude, outside, share } from "./harness/index.ts";

clause("args: executed as given, without a shell", (t) => {
  const container = t.container((c) => {
    c.process.args = ["/bin/probe", "args", "two words", "", "$HOME", "*"];
  });
  const result = assert.succeeds(container.run());
  assert.is(result.stdout, "[/bin/probe]\n[args]\n[two words]\n[]\n[$HOME]\n[*]\n");
});

clause("args: a name without a slash is looked up in the PATH of the container", (t) => {
  const run = (path: string): string =>
    t.shellIn(
      "which-one",
      (c) => {
        c.process.args = ["which-one"];
        c.process.env = [`PATH=${path}`];
      },
      ({ rootfs }) => {
        for (const name of ["srv", "mnt"]) {
          const file = join(rootfs, name, "which-one");
          writeFileSync(file, `#!/bin/sh\necho ${name}\n`, { mode: 0o755 });
        }
      },
    ).stdout;
  assert.is(run("/nowhere:/srv:/mnt"), "srv\n");
  assert.is(run("/mnt:/srv"), "mnt\n");
});

clause("args: a name with a slash is relative to cwd", (t) => {
  const container = t.container((c) => {
    c.process.cwd = "/usr/bin";
    c.process.args = ["../../bin/echo", "here"];
  });
  assert.is(assert.succeeds(container.run()).stdout, "here\n");
});

clause("args: a program that is not in PATH is an error that names it", (t) => {
  const container = t.container((c) => (c.process.args = ["no-such-program"]));
  assert.refuses(container.run(), /no-such-program/, /not found|no such file or directory/i);
});

clause("args: a path that does not exist is an error that names it", (t) => {
  const container = t.container((c) => (c.process.args = ["/opt/missing/program"]));
  assert.refuses(container.run(), /\/opt\/missing\/program/, /no such file or directory/i);
});

clause(
  "args: a file without execute permission is an error that names it",
  (t) => {
    const container = t.container((c) => (c.process.args = ["/etc/passwd"]));
    assert.refuses(container.run(), /\/etc\/passwd/, /permission denied/i);
  },
  { differs: { crun: "names only the failed call" } },
);

clause("args: a file in no known format is an error that names it", (t) => {
  const container = t.container((c) => (c.process.args = ["/srv/noise"]));
  writeFileSync(join(container.rootfs, "srv/noise"), "neither ELF nor script\n", { mode: 0o755 });
  assert.refuses(container.run(), /\/srv\/noise/, /exec format error/i);
});

clause(
  "args: a directory is an error",
  (t) => {
    const container = t.container((c) => (c.process.args = ["/usr/bin"]));
    assert.refuses(container.run(), /\/usr\/bin/, /permission denied|is a directory/i);
  },
  { differs: { crun: "names only the failed call" } },
);

clause("cwd: working directory of the process", (t) => {
  assert.is(
    t.shell("pwd", (c) => (c.process.cwd = "/usr/bin")),
    "/usr/bin\n",
  );
});

clause("cwd: a directory that does not exist is made", (t) => {
  assert.is(
    t.shell("pwd", (c) => (c.process.cwd = "/new/working/directory")),
    "/new/working/directory\n",
  );
});

clause("cwd: a file is an error that names it", (t) => {
  const container = t.container((c) => (c.process.cwd = "/etc/passwd"));
  assert.refuses(container.run(), /\/etc\/passwd/, /not a directory/i);
});

clause("cwd: a directory that only the user may enter is entered", (t) => {
  const result = t.shellIn(
    "pwd",
    (c) => {
      c.process.cwd = "/srv/private";
      c.process.user = { uid: 1000, gid: 1000 };
    },
    ({ rootfs }) => {
      mkdirSync(join(rootfs, "srv/private"));
      t.execute(["chown", "1000:1000", join(rootfs, "srv/private")]);
      chmodSync(join(rootfs, "srv/private"), 0o700);
    },
  );
  assert.is(result.stdout, "/srv/private\n");
});

clause("env: exactly what is configured, in its order, with HOME added", (t) => {
  const container = t.container((c) => {
    c.process.args = ["/bin/probe", "env"];
    c.process.env = ["PATH=/bin", "Z=last letter first", "A=", "UNICODE=žluťoučký", "EQUALS=a=b"];
  });
  const lines = assert.succeeds(container.run()).stdout.split("\n");
  assert.equal(lines.slice(0, 5), [
    "[PATH=/bin]",
    "[Z=last letter first]",
    "[A=]",
    "[UNICODE=žluťoučký]",
    "[EQUALS=a=b]",
  ]);
  assert.equal(lines.slice(5), ["[HOME=/root]", ""]);
});

function home(uid: number, env: string[] = []): (config: Config) => void {
  return (c) => {
    c.process.user = { uid, gid: uid };
    c.process.env.push(...env);
  };
}

clause("env: HOME is the user's directory of /etc/passwd", (t) => {
  assert.is(t.shell("echo $HOME", home(1000)), "/home/user\n");
});

clause(
  "env: HOME of a user that /etc/passwd does not have is /",
  (t) => {
    assert.is(t.shell("echo $HOME", home(4242)), "/\n");
  },
  { differs: { crun: "leaves HOME unset" } },
);

clause(
  "env: an empty HOME is replaced; of a name that is there twice the last value counts",
  (t) => {
    const container = t.container((c) => {
      c.process.args = ["/bin/probe", "env"];
      c.process.env = ["A=first", "HOME=", "B=2", "A=last"];
    });
    const lines = assert.succeeds(container.run()).stdout.trim().split("\n");
    assert.equal(
      lines.filter((line) => line.startsWith("[A=")),
      ["[A=last]"],
    );
    assert.equal(
      lines.filter((line) => line.startsWith("[HOME=")),
      ["[HOME=/root]"],
    );
  },
  { differs: { crun: "keeps them" } },
);

clause("env: a HOME that is configured stays", (t) => {
  assert.is(t.shell("echo $HOME", home(1000, ["HOME=/configured"])), "/configured\n");
});

clause("terminal false: stdin, stdout and stderr are the caller's", (t) => {
  const container = t.container((c) => (c.process.args = ["sh", "-c", "cat; echo problem >&2"]));
  const result = assert.succeeds(container.run([], { input: "from the caller\n" }));
  assert.is(result.stdout, "from the caller\n");
  assert.is(result.stderr, "problem\n");
});

clause("run: the exit code is the program's", (t) => {
  for (const code of [1, 2, 42, 64, 125, 126, 127, 128, 137, 255]) {
    const container = t.container((c) => (c.process.args = ["sh", "-c", `exit ${code}`]), `-${code}`);
    assert.is(container.run().status, code);
  }
});

clause("run: the exit code is 128 and the number of the signal that ended the program", (t) => {
  const signals = { TERM: 143, KILL: 137, ABRT: 134, HUP: 129, USR1: 138 };
  for (const [signal, code] of Object.entries(signals)) {
    const container = t.container((c) => {
      // The init of a pid namespace can't be ended from inside.
      share(c, "pid");
      c.process.args = ["sh", "-c", `kill -${signal} $$`];
    }, `-${signal}`);
    assert.is(container.run().status, code, signal);
  }
});

clause("run: a crash of the container's init is 128 and the signal", (t) => {
  const container = t.container((c) => (c.process.args = ["/bin/probe", "segfault"]));
  assert.is(container.run().status, 139);
});

clause(
  "the process starts with default signal dispositions and an empty mask",
  (t) => {
    const container = t.container(
      (c) => (c.process.args = ["grep", "-E", "Sig(Ign|Blk|Cgt)", "/proc/self/status"]),
    );
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    const result = assert.succeeds(t.execute([outside, "dispositions", ...argv]));
    const zero = "0000000000000000";
    assert.is(result.stdout, `SigBlk:\t${zero}\nSigIgn:\t${zero}\nSigCgt:\t${zero}\n`);
  },
  { differs: { runc: "passes the signal mask on" } },
);

clause("the process is a session leader of its own", (t) => {
  // stat: pid (comm) state ppid pgrp session
  const fields = t.shell("cat /proc/1/stat").split(" ");
  assert.equal([fields[0], fields[4], fields[5]], ["1", "1", "1"]);
});

conclude();
