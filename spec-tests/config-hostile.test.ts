/**
 * A rootfs is not trusted: whatever it contains, the runtime changes and shows nothing of the host. The host
 * directory that each test's symlinks lead to must stay empty, and its file must not be seen.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  assert,
  bind,
  type Case,
  type Config,
  type Container,
  clause,
  conclude,
  put,
} from "./harness/index.ts";

/** A path of the host that nothing in a container may reach or change. */
interface Outside {
  readonly directory: string;
  readonly file: string;
}

function outsideOf(t: Case): Outside {
  const directory = t.path("outside");
  mkdirSync(directory);
  return { directory, file: t.file("outside-file", "of the host\n") };
}

function assertUntouched({ directory, file }: Outside): void {
  assert.equal(readdirSync(directory), []);
  assert.is(readFileSync(file, "utf8"), "of the host\n");
}

function source(t: Case): string {
  const directory = t.path("source");
  mkdirSync(directory);
  writeFileSync(join(directory, "file"), "of the source\n");
  return directory;
}

/** Runs with the rootfs prepared; the container may be refused or run, the host must stay untouched. */
function survives(t: Case, prepare: (rootfs: string, host: Outside) => void, edit: (c: Config) => void) {
  const host = outsideOf(t);
  const container: Container = t.container((c, { rootfs }) => {
    prepare(rootfs, host);
    edit(c);
  });
  const result = container.run();
  assertUntouched(host);
  if (result.status !== 0) assert.ok(result.stderr !== "", "refused without a word");
  return result;
}

const links: Record<string, (host: string) => string> = {
  absolute: (host) => host,
  relative: (host) => `../../../../../../../../../../../..${host}`,
  "through /proc": (host) => `/proc/1/root${host}`,
};

for (const [kind, target] of Object.entries(links)) {
  clause(
    `mounts: a destination behind a symlink that leads out is inside (${kind})`,
    (t) => {
      const result = survives(
        t,
        (rootfs, host) => symlinkSync(target(host.directory), join(rootfs, "srv/link")),
        (c) => {
          c.mounts.unshift(bind(source(t), "/srv/link"));
          c.process.args = ["cat", "/srv/link/file"];
        },
      );
      if (kind !== "through /proc") assert.is(assert.succeeds(result).stdout, "of the source\n");
    },
    { differs: { crun: "does not make the link's target" } },
  );

  clause(`mounts: directories are not made behind a symlink that leads out (${kind})`, (t) => {
    survives(
      t,
      (rootfs, host) => symlinkSync(target(host.directory), join(rootfs, "srv/link")),
      (c) => c.mounts.unshift(bind(source(t), "/srv/link/made/here")),
    );
  });

  clause(`mounts: a file is not made behind a symlink that leads out (${kind})`, (t) => {
    survives(
      t,
      (rootfs, host) => symlinkSync(target(`${host.directory}/new`), join(rootfs, "srv/link")),
      (c) => c.mounts.unshift(bind(join(source(t), "file"), "/srv/link")),
    );
  });
}

clause(
  "mounts: a loop of symlinks at a destination is an error",
  (t) => {
    const result = survives(
      t,
      (rootfs) => {
        symlinkSync("two", join(rootfs, "srv/one"));
        symlinkSync("one", join(rootfs, "srv/two"));
      },
      (c) => c.mounts.push(bind(source(t), "/srv/one/x")),
    );
    assert.refuses(result, /\/srv\/one/, /symbolic links/i);
  },
  { differs: { crun: "other words" } },
);

clause("mounts: /proc and /sys are not mounted on a symlink", (t) => {
  for (const name of ["proc", "sys"]) {
    const container = t.container((_c, { rootfs }) => {
      rmSync(join(rootfs, name), { recursive: true });
      symlinkSync("srv", join(rootfs, name));
    }, `-${name}`);
    assert.refuses(container.run(), new RegExp(`/${name}`), /ordinary directory|not a directory|symbolic/i);
  }
});

clause(
  "mounts: /dev behind a symlink: devices are not made on the host",
  (t) => {
    survives(
      t,
      (rootfs, host) => {
        rmSync(join(rootfs, "dev"), { recursive: true });
        symlinkSync(host.directory, join(rootfs, "dev"));
      },
      (c) => (c.mounts = c.mounts.filter(({ destination }) => !destination.startsWith("/dev"))),
    );
  },
  { differs: { runc: "makes its symlinks there", crun: "makes devices there" } },
);

clause("devices: a symlink in place of a default device changes no file of the host", (t) => {
  const names = ["null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "fd", "stdin"];
  survives(
    t,
    (rootfs, host) => {
      for (const name of names) symlinkSync(host.file, join(rootfs, "dev", name));
    },
    (c) => (c.mounts = c.mounts.filter(({ destination }) => !destination.startsWith("/dev"))),
  );
});

clause("devices: a device of the configuration is not made behind a symlink that leads out", (t) => {
  survives(
    t,
    (rootfs, host) => symlinkSync(host.directory, join(rootfs, "srv/link")),
    (c) => (c.linux.devices = [{ path: "/srv/link/made", type: "c", major: 1, minor: 3 }]),
  );
});

clause("maskedPaths: a symlink masks nothing outside, and shows nothing", (t) => {
  const host = outsideOf(t);
  const result = t.shellIn("cat /srv/link/* /srv/file 2>/dev/null; echo ran", (c, { rootfs }) => {
    symlinkSync(host.directory, join(rootfs, "srv/link"));
    symlinkSync(host.file, join(rootfs, "srv/file"));
    c.linux.maskedPaths.push("/srv/link", "/srv/file");
    c.linux.readonlyPaths.push("/srv/link", "/srv/file");
  });
  assert.is(result.stdout, "ran\n");
  assertUntouched(host);
  writeFileSync(join(host.directory, "still writable"), "");
});

for (const magic of ["/proc/self/fd/%", "/proc/self/cwd", "/proc/1/root", "/proc/self/root", "/srv/fd%"]) {
  clause(`cwd: ${magic} does not lead to a directory of the host`, (t) => {
    // A descriptor that the runtime leaks would make it the working directory (CVE-2024-21626).
    const script = "cd ../../../../../../../../../..; [ . -ef / ] && ls -d ./srv";
    for (let fd = 3; fd < (magic.includes("%") ? 16 : 4); fd++) {
      const container = t.container((c, { rootfs }) => {
        symlinkSync(`/proc/self/fd/${fd}`, join(rootfs, `srv/fd${fd}`));
        c.process.cwd = magic.replace("%", String(fd));
        c.process.args = ["sh", "-c", script];
      }, `-${fd}`);
      const result = container.run();
      if (result.status === 0) assert.is(result.stdout, "./srv\n", `descriptor ${fd}`);
    }
  });
}

clause("args: a symlink to a program of the host does not run it", (t) => {
  const result = survives(
    t,
    (rootfs, host) => {
      writeFileSync(join(host.directory, "../program"), "#!/bin/sh\necho host\n", { mode: 0o755 });
      symlinkSync(join(host.directory, "../program"), join(rootfs, "srv/program"));
    },
    (c) => (c.process.args = ["/srv/program"]),
  );
  assert.refuses(result, /\/srv\/program/, /no such file or directory/i);
});

clause("HOME: /etc/passwd is the container's, even as a symlink", (t) => {
  const result = t.shellIn("echo $HOME", (c, { rootfs }) => {
    rmSync(join(rootfs, "etc/passwd"));
    symlinkSync(t.file("passwd", "root:x:0:0::/of/the/host:/bin/sh\n"), join(rootfs, "etc/passwd"));
    put(c, "/process/user/uid", 0);
  });
  assert.not.match(result.stdout, /host/);
});

clause(
  "HOME: a fifo or a device as /etc/passwd does not hold the runtime up",
  (t) => {
    for (const kind of ["fifo", "endless"]) {
      const container = t.container((c) => (c.process.args = ["echo", "ran"]), `-${kind}`);
      const passwd = join(container.rootfs, "etc/passwd");
      rmSync(passwd);
      if (kind === "fifo") execFileSync("mkfifo", [passwd]);
      else execFileSync("mknod", [passwd, "c", "1", "5"]);
      const result = container.run();
      assert.ok(result.status === 0 || result.stderr !== "", kind);
      assert.ok(existsSync(passwd));
    }
  },
  { differs: { runc: "waits for the fifo", crun: "waits for the fifo" } },
);

clause(
  "a readonly rootfs with a missing mount point is an error or works, and the rootfs stays as it is",
  (t) => {
    const container = t.container((c) => {
      c.root.readonly = true;
      c.process.args = ["true"];
    });
    const list = (): string => execFileSync("find", [container.rootfs], { encoding: "utf8" });
    const before = list();
    container.run();
    assert.is(list(), before);
  },
);

conclude();
