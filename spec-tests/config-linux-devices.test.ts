/** runtime-spec config-linux.md, "Devices", "Default Devices", "Default File Systems" and their symlinks. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, clause, conclude, put } from "./harness/index.ts";

clause("default devices: null, zero, full, random, urandom, tty", (t) => {
  const output = t.shell("cd /dev; stat -c '%n %F %t:%T %a %u:%g' null zero full random urandom tty");
  const expected = [
    ["null", "1:3"],
    ["zero", "1:5"],
    ["full", "1:7"],
    ["random", "1:8"],
    ["urandom", "1:9"],
    ["tty", "5:0"],
  ].map(([name, number]) => `${name} character special file ${number} 666 0:0\n`);
  assert.is(output, expected.join(""));
});

clause("default devices: they work", (t) => {
  const script = [
    "echo x >/dev/null && echo null",
    "[ $(head -c 5 /dev/zero | wc -c) = 5 ] && echo zero",
    "echo x 2>/dev/null >/dev/full || echo full",
    "[ $(head -c 5 /dev/random | wc -c) = 5 ] && echo random",
    "[ $(head -c 5 /dev/urandom | wc -c) = 5 ] && echo urandom",
  ].join("; ");
  assert.is(t.shell(script), "null\nzero\nfull\nrandom\nurandom\n");
});

clause("default devices: also without a mount on /dev", (t) => {
  const script = "[ -c /dev/null ] && echo x >/dev/null && stat -c '%t:%T %a' /dev/null";
  const output = t.shell(script, (c) => {
    c.mounts = c.mounts.filter(({ destination }) => !destination.startsWith("/dev"));
  });
  assert.is(output, "1:3 666\n");
});

clause("default symlinks: fd, stdin, stdout, stderr", (t) => {
  const output = t.shell("cd /dev; for i in fd stdin stdout stderr; do readlink $i; done");
  assert.is(output, "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n");
});

clause("default devices: ptmx is the container's devpts", (t) => {
  assert.is(t.shell("readlink /dev/ptmx; stat -c '%t:%T %a' /dev/pts/ptmx"), "pts/ptmx\n5:2 666\n");
});

clause("default devices: without a terminal there is no console", (t) => {
  assert.is(t.shell("[ -e /dev/console ] || echo none"), "none\n");
});

clause("default devices: none of the host's others", (t) => {
  const names = t.shell("ls /dev").trim().split("\n");
  const expected = [
    "core",
    "fd",
    "full",
    "mqueue",
    "null",
    "ptmx",
    "pts",
    "random",
    "shm",
    "stderr",
    "stdin",
    "stdout",
    "tty",
    "urandom",
    "zero",
  ];
  assert.equal(
    names.filter((name) => !expected.includes(name)),
    [],
  );
});

clause("devices: type, number, mode and owner", (t) => {
  const output = t.shell("cd /dev; stat -c '%n %F %t:%T %a %u:%g' a b c d", (c) => {
    c.linux.devices = [
      { path: "/dev/a", type: "c", major: 10, minor: 229, fileMode: 0o640, uid: 5, gid: 6 },
      { path: "/dev/b", type: "b", major: 7, minor: 3, fileMode: 0o600, uid: 0, gid: 0 },
      { path: "/dev/c", type: "p", fileMode: 0o622, uid: 7, gid: 8 },
      { path: "/dev/d", type: "u", major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 },
    ];
  });
  const lines = output.trim().split("\n");
  assert.is(lines[0], "a character special file a:e5 640 5:6");
  assert.is(lines[1], "b block special file 7:3 600 0:0");
  assert.match(lines[2] ?? "", /^c fifo \S+ 622 7:8$/);
  assert.is(lines[3], "d character special file 1:3 666 0:0");
});

clause("devices: the caller's mask takes nothing from fileMode, and 0666 is the default", (t) => {
  const container = t.container((c) => {
    c.process.args = ["stat", "-c", "%a", "/dev/a", "/dev/b"];
    c.linux.devices = [
      { path: "/dev/a", type: "c", major: 1, minor: 3, fileMode: 0o666 },
      { path: "/dev/b", type: "c", major: 1, minor: 3 },
    ];
  });
  const argv = t.argv(["run", "--bundle", container.bundle, container.id]);
  const result = t.execute(["sh", "-c", 'umask 077; exec "$@"', "sh", ...argv]);
  assert.is(assert.succeeds(result).stdout, "666\n666\n");
});

clause("devices: outside /dev, with missing directories made", (t) => {
  const output = t.shell("stat -c '%t:%T' /srv/made/for/device; echo x >/srv/made/for/device", (c) => {
    c.linux.devices = [{ path: "/srv/made/for/device", type: "c", major: 1, minor: 3, fileMode: 0o666 }];
  });
  assert.is(output, "1:3\n");
});

clause(
  "devices: one of the configuration replaces a default device",
  (t) => {
    const output = t.shell("stat -c '%t:%T %a' /dev/null", (c) => {
      c.linux.devices = [
        { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o600, uid: 0, gid: 0 },
      ];
    });
    assert.is(output, "1:3 600\n");
  },
  { differs: { runc: "the default is made first" } },
);

clause(
  "devices: another file that exists at the path is an error that names it",
  (t) => {
    const container = t.container((c) => {
      c.linux.devices = [{ path: "/srv/taken", type: "c", major: 1, minor: 3, fileMode: 0o666 }];
    });
    writeFileSync(join(container.rootfs, "srv/taken"), "a file\n");
    assert.refuses(container.run(), /\/srv\/taken/);
  },
  { differs: { runc: "keeps the file", crun: "keeps the file" } },
);

clause(
  "devices: an unknown type is an error that names its place",
  (t) => {
    const container = t.container((c) =>
      put(c, "/linux/devices", [{ path: "/dev/x", type: "z", major: 1, minor: 3 }]),
    );
    assert.refuses(container.run(), /\/linux\/devices\/0\/type/);
  },
  { differs: { runc: "names the type only", crun: "names the type only" } },
);

clause(
  "devices: without a number is an error that names its place",
  (t) => {
    const container = t.container((c) => put(c, "/linux/devices", [{ path: "/dev/x", type: "c" }]));
    assert.refuses(container.run(), /\/linux\/devices\/0/, /major/);
  },
  { differs: { runc: "takes 0:0", crun: "takes 0:0" } },
);

clause("default file systems: /proc, /sys, /dev/pts and /dev/shm are the container's", (t) => {
  const script = "stat -f -c %T /proc /sys /dev/pts /dev/shm; ls /proc/1/exe >/dev/null && ls /dev/pts";
  assert.match(t.shell(script), /^proc\nsysfs\n(devpts|UNKNOWN.*)\ntmpfs\nptmx\n$/);
});

conclude();
