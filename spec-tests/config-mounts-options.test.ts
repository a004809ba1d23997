/** runtime-spec config.md, "Linux mount options": each option acts, or is refused. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, bind, type Case, clause, conclude, type Mount } from "./harness/index.ts";

/** A directory of the host with a program, a file, and a device. */
function source(t: Case): string {
  const directory = t.path("source");
  mkdirSync(directory);
  writeFileSync(join(directory, "program"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  writeFileSync(join(directory, "file"), "content\n");
  assert.succeeds(t.execute(["mknod", "-m", "666", join(directory, "null"), "c", "1", "3"]));
  return directory;
}

/** "options|optional fields|super options" of the last mount on /srv. */
const SHOW =
  "grep ' /srv ' /proc/self/mountinfo | tail -n 1 | sed -E 's/^([^ ]+ ){5}([^ ]+) (.*)- [^ ]+ [^ ]+ (.*)/\\2|\\3|\\4/'";

/** What the kernel says about a mount on /srv with these options. */
function shown(t: Case, mount: Mount, script = "true") {
  const output = t.shell(`${SHOW}; ${script}`, (c) => c.mounts.push({ ...mount, destination: "/srv" }));
  const [line = "", ...rest] = output.split("\n");
  const [own = "", optional = "", superior = ""] = line.split("|");
  return { own: own.split(","), optional, superior: superior.split(","), output: rest.join("\n") };
}

const tmpfs = (...options: string[]): Mount => ({
  destination: "/srv",
  type: "tmpfs",
  source: "tmpfs",
  options,
});

clause("bind ro: nothing can be written, by root neither", (t) => {
  const script = "cat /srv/file; echo x >/srv/file; echo x >/srv/new; rm /srv/file; cat /srv/file";
  const result = t.shellIn(script, (c) => c.mounts.push(bind(source(t), "/srv", "ro")));
  assert.is(result.stdout, "content\ncontent\n");
  assert.is(result.stderr.match(/Read-only file system/g)?.length, 3);
});

clause("bind rw: what is written is in the source", (t) => {
  const directory = source(t);
  t.shell("echo written >/srv/file", (c) => c.mounts.push(bind(directory, "/srv", "rw")));
  assert.is(t.execute(["cat", join(directory, "file")]).stdout, "written\n");
});

clause("bind ro: the source itself stays writable for the host", (t) => {
  const directory = source(t);
  t.shell("true", (c) => c.mounts.push(bind(directory, "/srv", "ro")));
  assert.succeeds(t.execute(["touch", join(directory, "file")]));
});

clause("bind noexec, nodev, nosuid: programs, devices and set-id bits have no effect", (t) => {
  const script = "/srv/program; echo x >/srv/null; true";
  const free = t.shellIn(script, (c) => c.mounts.push(bind(source(t), "/srv")));
  assert.is(free.stdout, "ran\n");
  assert.is(free.stderr, "");
  const bound = t.shellIn(script, (c) => {
    c.mounts.push(bind(t.path("source"), "/srv", "noexec", "nodev", "nosuid"));
  });
  assert.is(bound.stdout, "");
  assert.match(bound.stderr, /\/srv\/program: Permission denied/);
  assert.match(bound.stderr, /\/srv\/null: Permission denied/);
});

clause("bind: flags of the mount show in mountinfo", (t) => {
  const directory = source(t);
  const flags = ["ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime"];
  for (const flag of flags) {
    assert.ok(shown(t, bind(directory, "/srv", flag)).own.includes(flag), flag);
  }
  assert.ok(!shown(t, bind(directory, "/srv", "strictatime")).own.includes("relatime"), "strictatime");
  assert.ok(shown(t, bind(directory, "/srv", "relatime")).own.includes("relatime"), "relatime");
});

clause(
  "a later option takes an earlier one back",
  (t) => {
    const { own } = shown(t, tmpfs("ro", "nosuid", "nodev", "noexec", "rw", "suid", "dev", "exec"));
    assert.equal(
      own.filter((option) => /^(ro|no(suid|dev|exec))$/.test(option)),
      [],
    );
  },
  { differs: { crun: "keeps the earlier one" } },
);

clause(
  "bind: flags of the source's mount stay unless they are cleared",
  (t) => {
    const directory = t.mount("flagged", "-t", "tmpfs", "-o", "nosuid,nodev,noexec", "tmpfs");
    const { own } = shown(t, bind(directory, "/srv", "ro"));
    for (const flag of ["ro", "nosuid", "nodev", "noexec"]) assert.ok(own.includes(flag), flag);
  },
  {
    differs: { runc: "a remount clears them in this version", crun: "a remount clears them in this version" },
  },
);

clause("rbind rro: mounts below are read-only, too; ro is for the top one alone", (t) => {
  const top = t.mount("top", "-t", "tmpfs", "tmpfs");
  t.mount("top/below", "-t", "tmpfs", "tmpfs");
  const script = "echo x >/srv/below/file && echo written || true";
  const options = (option: string) => bind(top, "/srv", "rbind", option);
  assert.is(
    t.shell(script, (c) => c.mounts.push(options("ro"))),
    "written\n",
  );
  assert.is(
    t.shell(script, (c) => c.mounts.push(options("rro"))),
    "",
  );
});

clause(
  "rbind rnosuid, rnodev, rnoexec, rnoatime: flags of the mounts below",
  (t) => {
    const top = t.mount("top", "-t", "tmpfs", "tmpfs");
    t.mount("top/below", "-t", "tmpfs", "tmpfs");
    const output = t.shell("grep ' /srv/below ' /proc/self/mountinfo", (c) => {
      c.mounts.push(bind(top, "/srv", "rbind", "rnosuid", "rnodev", "rnoexec", "rnoatime"));
    });
    for (const flag of ["nosuid", "nodev", "noexec", "noatime"])
      assert.match(output, new RegExp(`[ ,]${flag}[ ,]`));
  },
  { differs: { crun: "mount_setattr fails in this version" } },
);

clause(
  "propagation: private, slave, shared, unbindable, and their recursive forms",
  (t) => {
    const host = t.mount("shared", "-t", "tmpfs", "tmpfs");
    assert.succeeds(t.execute(["mount", "--make-shared", host]));
    const expected: [options: string[], optional: RegExp][] = [
      [["private"], /^$/],
      [["rprivate"], /^$/],
      [["slave"], /^master:\d+ $/],
      [["rslave"], /^master:\d+ $/],
      [["shared"], /^shared:\d+ /],
      [["rshared"], /^shared:\d+ /],
      [["unbindable"], /^unbindable $/],
      [["runbindable"], /^unbindable $/],
    ];
    for (const [options, optional] of expected) {
      const mount = bind(host, "/srv", "rbind", ...options);
      assert.match(shown(t, mount).optional, optional, options.join());
    }
  },
  { differs: { crun: "slave is applied to a private mount" } },
);

clause(
  "tmpfs: size, mode, uid, gid, nr_inodes",
  (t) => {
    const mount = tmpfs("size=128k", "mode=1750", "uid=11", "gid=22", "nr_inodes=77");
    const { superior, output } = shown(t, mount, "stat -c '%a %u %g' /srv");
    for (const option of ["size=128k", "mode=1750", "uid=11", "gid=22", "nr_inodes=77"]) {
      assert.ok(superior.includes(option), `${option} of ${superior}`);
    }
    assert.is(output, "1750 11 22\n");
  },
  { differs: { runc: "gives it the mount point's mode" } },
);

clause("tmpfs: empty, and no larger than its size", (t) => {
  const { output } = shown(
    t,
    tmpfs("size=64k"),
    "ls -A /srv; head -c 200000 /dev/zero >/srv/big; wc -c </srv/big",
  );
  assert.is(output, "65536\n");
});

clause(
  "tmpfs: without mode, it has its mount point's",
  (t) => {
    const container = t.container((c) => {
      c.process.args = ["stat", "-c", "%a", "/srv/point"];
      c.mounts.push({ destination: "/srv/point", type: "tmpfs", source: "tmpfs" });
    });
    mkdirSync(join(container.rootfs, "srv/point"));
    assert.succeeds(t.execute(["chmod", "2710", join(container.rootfs, "srv/point")]));
    assert.is(assert.succeeds(container.run()).stdout, "2710\n");
  },
  { differs: { crun: "leaves the default of tmpfs" } },
);

clause("tmpcopyup: a tmpfs starts with what is at its mount point", (t) => {
  const container = t.container((c) => {
    c.process.args = [
      "sh",
      "-c",
      `cat /srv/inner/file; stat -c %a /srv/inner/file; ${SHOW}; touch /srv/inner/new`,
    ];
    c.mounts.push(tmpfs("tmpcopyup"));
  });
  mkdirSync(join(container.rootfs, "srv/inner"));
  writeFileSync(join(container.rootfs, "srv/inner/file"), "copied\n", { mode: 0o640 });
  const result = container.run();
  assert.match(assert.succeeds(result).stdout, /^copied\n640\n/);
  assert.is(t.execute(["ls", join(container.rootfs, "srv/inner")]).stdout, "file\n");
});

clause(
  "an option that neither runtime nor file system knows is an error",
  (t) => {
    for (const [name, mount] of Object.entries({
      tmpfs: tmpfs("sparkle"),
      bind: bind(source(t), "/srv", "sparkle"),
    })) {
      const container = t.container((c) => c.mounts.push(mount), `-${name}`);
      assert.refuses(container.run(), /sparkle|invalid argument/i);
    }
  },
  { differs: { runc: "bind ignores unknown options", crun: "bind ignores unknown options" } },
);

clause("proc and sysfs: ro", (t) => {
  const script = "for i in proc sys; do grep \" /$i \" /proc/self/mountinfo | cut -d' ' -f6; done";
  const output = t.shell(script, (c) => {
    for (const mount of c.mounts) if (mount.destination === "/proc") mount.options = ["ro"];
  });
  for (const line of output.trim().split("\n")) assert.match(line, /^ro,/);
});

conclude();
