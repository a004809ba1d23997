/** runtime-spec config.md, "Mounts": what is mounted, where, and in which order. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, bind, clause, conclude, put } from "./harness/index.ts";

/** Mount points of a mountinfo text with "type source options(super options)". */
function mountTable(mountinfo: string): Map<string, { type: string; options: string[]; optional: string }> {
  const table = new Map();
  for (const line of mountinfo.trim().split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const fields = left.split(" ");
    const [type, , superOptions = ""] = right.split(" ");
    const options = [...(fields[5] ?? "").split(","), ...superOptions.split(",")];
    table.set(fields[4], { type, options, optional: fields.slice(6).join(" ") });
  }
  return table;
}

clause("mounts: the file systems of the default configuration", (t) => {
  const table = mountTable(t.shell("cat /proc/self/mountinfo"));
  const expected: [point: string, type: string, ...options: string[]][] = [
    ["/proc", "proc", "rw"],
    ["/dev", "tmpfs", "nosuid", "mode=755", "size=65536k"],
    ["/dev/pts", "devpts", "nosuid", "noexec", "gid=5", "mode=620", "ptmxmode=666"],
    ["/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "size=65536k"],
    ["/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"],
    ["/sys", "sysfs", "nosuid", "noexec", "nodev", "ro"],
  ];
  for (const [point, type, ...options] of expected) {
    const mount = table.get(point);
    assert.is(mount?.type, type, point);
    for (const option of options) assert.ok(mount?.options.includes(option), `${point}: ${option}`);
  }
});

clause("mounts: nothing of the host is left mounted", (t) => {
  const points = [...mountTable(t.shell("cat /proc/self/mountinfo")).keys()];
  const known = /^\/(proc|sys|dev)(\/|$)|^\/$/;
  assert.equal(
    points.filter((point) => !known.test(point)),
    [],
  );
});

clause("mounts: in the listed order, so that a later one is on top", (t) => {
  const first = t.path("first");
  const second = t.path("second");
  for (const directory of [first, second]) {
    mkdirSync(join(directory, "below"), { recursive: true });
    writeFileSync(join(directory, "name"), directory.slice(-6).replace("/", ""));
    writeFileSync(join(directory, "below/name"), "below");
  }
  const script = "cat /srv/name; ls /srv/below; cat /mnt/below/name";
  const output = t.shell(script, (c) => {
    c.mounts.push(bind(second, "/mnt/below"), bind(first, "/mnt"), bind(first, "/srv"), bind(second, "/srv"));
    c.mounts.push({ destination: "/srv/below", type: "tmpfs", source: "tmpfs" });
  });
  assert.is(output, "secondbelow");
});

clause("mounts: a source may be an earlier mount of the container's", (t) => {
  const output = t.shell("touch /mnt/one/file; ls /mnt/two", (c, { rootfs }) => {
    c.mounts.push({ destination: "/mnt/one", type: "tmpfs", source: "tmpfs" });
    c.mounts.push(bind(join(rootfs, "mnt/one"), "/mnt/two"));
  });
  assert.is(output, "file\n");
});

clause(
  "destination: missing directories are made, with mode 0755 and owned by root",
  (t) => {
    const script = "stat -c '%a %u %g' /mnt/a /mnt/a/b; cat /mnt/a/b/c/file";
    const source = t.path("source");
    mkdirSync(source);
    writeFileSync(join(source, "file"), "reached\n");
    const container = t.container((c) => {
      c.process.args = ["sh", "-c", script];
      c.mounts.push(bind(source, "/mnt/a/b/c"));
    });
    const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
    // Not 0700, as the caller's mask would have it.
    const result = t.execute(["sh", "-c", 'umask 077; exec "$@"', "sh", ...argv]);
    assert.is(assert.succeeds(result).stdout, "755 0 0\n755 0 0\nreached\n");
  },
  { differs: { runc: "the caller's mask applies", crun: "the caller's mask applies" } },
);

clause("destination: for the bind mount of a file, a missing file is made", (t) => {
  const source = t.file("source.txt", "one file\n");
  const output = t.shell("cat /mnt/deep/er/target.txt; stat -c %F /mnt/deep/er", (c) => {
    c.mounts.push(bind(source, "/mnt/deep/er/target.txt"));
  });
  assert.is(output, "one file\ndirectory\n");
});

clause("destination: a file may be mounted over a file", (t) => {
  const source = t.file("passwd", "root:x:0:0::/:/bin/sh\n");
  assert.is(
    t.shell("cat /etc/passwd", (c) => c.mounts.push(bind(source, "/etc/passwd", "ro"))),
    "root:x:0:0::/:/bin/sh\n",
  );
});

clause("destination: a path that is not absolute is taken below the root", (t) => {
  const output = t.shell("mount | grep -c 'on /mnt/relative type tmpfs'", (c) => {
    c.mounts.push({ destination: "mnt/relative", type: "tmpfs", source: "tmpfs" });
  });
  assert.is(output, "1\n");
});

clause("destination: .. does not lead out of the root", (t) => {
  const source = t.path("source");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "inside\n");
  const output = t.shell("cat /escaped/file", (c) => {
    c.mounts.push(bind(source, "/mnt/../../../../escaped"));
  });
  assert.is(output, "inside\n");
});

clause("source: for bind mounts, relative to the bundle", (t) => {
  const result = t.shellIn(
    "cat /srv/file",
    (c) => c.mounts.push(bind("data", "/srv")),
    ({ bundle }) => {
      mkdirSync(join(bundle, "data"));
      writeFileSync(join(bundle, "data/file"), "of the bundle\n");
    },
  );
  assert.is(result.stdout, "of the bundle\n");
});

clause("source: a symlink on the host is followed", (t) => {
  const source = t.path("real");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "behind the link\n");
  symlinkSync("real", t.path("link"));
  assert.is(
    t.shell("cat /srv/file", (c) => c.mounts.push(bind(t.path("link"), "/srv"))),
    "behind the link\n",
  );
});

clause("source: one that does not exist is an error that names it", (t) => {
  const source = join(t.directory, "no-such-source");
  const container = t.container((c) => c.mounts.push(bind(source, "/srv")));
  assert.refuses(container.run(), /no-such-source/, /no such file or directory/i);
});

clause(
  "type: one that the kernel does not know is an error that names it",
  (t) => {
    const container = t.container((c) => {
      c.mounts.push({ destination: "/srv", type: "floppyfs", source: "none" });
    });
    assert.refuses(container.run(), /floppyfs|\/srv/, /no such device/i);
  },
  { differs: { crun: "names the call only" } },
);

clause("type: none with the bind option", (t) => {
  const source = t.path("source");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "bound\n");
  const output = t.shell("cat /srv/file", (c) => {
    c.mounts.push({ destination: "/srv", type: "none", source, options: ["bind", "ro"] });
  });
  assert.is(output, "bound\n");
});

clause("options: bind takes the mount alone, rbind those below it, too", (t) => {
  const top = t.mount("top", "-t", "tmpfs", "tmpfs");
  t.mount("top/below", "-t", "tmpfs", "tmpfs");
  writeFileSync(join(top, "below/file"), "below\n");
  const script = "ls /srv/below; echo -; cat /mnt/below/file";
  const output = t.shell(script, (c) => {
    c.mounts.push(bind(top, "/srv"), { destination: "/mnt", type: "bind", source: top, options: ["rbind"] });
  });
  assert.is(output, "-\nbelow\n");
});

clause("a mount of the container's does not appear on the host, whose mounts are shared", (t) => {
  // In a mount namespace whose mounts propagate, as systemd makes them on most hosts.
  const container = t.container((c) => {
    c.process.args = ["true"];
    c.mounts.push({ destination: "/srv", type: "tmpfs", source: "tmpfs" });
  });
  const script = 'mount --make-rshared /; "$@" || exit; cat /proc/self/mountinfo';
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute(["unshare", "--mount", "sh", "-c", script, "sh", ...argv]);
  assert.not.match(assert.succeeds(result).stdout, new RegExp(t.tag));
});

clause(
  "without mounts only the root is mounted",
  (t) => {
    const container = t.container((c) => {
      c.mounts = [];
      put(c, "/linux/maskedPaths", []);
      put(c, "/linux/readonlyPaths", []);
      c.process.args = ["ls", "/proc", "/sys"];
    });
    assert.is(assert.succeeds(container.run()).stdout, "/proc:\n\n/sys:\n");
  },
  { differs: { runc: "needs /proc" } },
);

clause(
  "cgroup: the container's own cgroup, read-only on request",
  (t) => {
    const output = t.shell("cat /proc/self/mountinfo; ls -R /sys/fs/cgroup | grep -c cgroup.procs", (c) => {
      c.mounts.push({
        destination: "/sys/fs/cgroup",
        type: "cgroup",
        source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
      });
    });
    const table = mountTable(output.replace(/\n\d+\n$/, ""));
    const cgroups = [...table].filter(([, { type }]) => type.startsWith("cgroup"));
    assert.ok(cgroups.length > 0, "there are cgroup mounts");
    for (const [point, { options }] of cgroups) {
      for (const option of ["ro", "nosuid", "noexec", "nodev"]) {
        assert.ok(options.includes(option), `${point}: ${option}`);
      }
    }
    // Of one container, not of the host with all its groups: one cgroup.procs in each hierarchy.
    const hierarchies = readFileSync("/proc/self/cgroup", "utf8").trim().split("\n").length;
    assert.ok(Number(/\n(\d+)\n$/.exec(output)?.[1]) <= hierarchies);
  },
  { needs: ["cgroup"] },
);

conclude();
