import { test } from "uvu";
import * as assert from "uvu/assert";
import { detectCgroupMode, parseMountinfo, parseOwnCgroups } from "./mode.ts";

const ROOT = "23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw";
const SYS = "25 23 0:22 / /sys rw,nosuid shared:2 - sysfs sysfs rw";
const TMPFS = "31 25 0:28 / /sys/fs/cgroup rw,relatime shared:9 - tmpfs tmpfs ro,mode=755";

test("hierarchies of v1 with co-mounted controllers, names and other options", () => {
  const { kind, hierarchies, unified } = parseMountinfo(
    [
      ROOT,
      SYS,
      TMPFS,
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct",
      "33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd",
      "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory,clone_children",
      "40 23 0:40 / /proc rw - proc proc rw",
      "",
    ].join("\n"),
  );
  assert.is(kind, "v1");
  assert.is(unified, undefined);
  assert.equal(hierarchies, [
    { controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct", root: "/" },
    { controllers: ["name=systemd"], mountPoint: "/sys/fs/cgroup/systemd", root: "/" },
    { controllers: ["memory"], mountPoint: "/sys/fs/cgroup/memory", root: "/" },
  ]);
});

test("hybrid and pure v2", () => {
  const pids = "36 31 0:35 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids";
  const beside = "37 31 0:36 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate";
  const hybrid = parseMountinfo([ROOT, SYS, TMPFS, pids, beside].join("\n"));
  assert.is(hybrid.kind, "hybrid");
  assert.equal(hybrid.unified, { mountPoint: "/sys/fs/cgroup/unified", root: "/" });
  const pure = parseMountinfo(
    [ROOT, SYS, "31 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate"].join("\n"),
  );
  assert.equal(pure, { kind: "v2", hierarchies: [], unified: { mountPoint: "/sys/fs/cgroup", root: "/" } });
  assert.is(parseMountinfo([ROOT, SYS].join("\n")).kind, "none");
});

test("part of a hierarchy, and a mount point with a space", () => {
  const line = "50 23 0:31 /docker/a\\040b /mnt/c\\040d rw - cgroup cgroup rw,memory";
  assert.equal(parseMountinfo([ROOT, line].join("\n")).hierarchies, [
    { controllers: ["memory"], mountPoint: "/mnt/c d", root: "/docker/a b" },
  ]);
});

test("of two mounts of a hierarchy the one below /sys/fs/cgroup counts", () => {
  const elsewhere = "29 23 0:31 / /var/lib/lxc/memory rw - cgroup cgroup rw,memory";
  const usual = "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
  const { hierarchies } = parseMountinfo([ROOT, SYS, elsewhere, TMPFS, usual].join("\n"));
  assert.equal(
    hierarchies.map((one) => one.mountPoint),
    ["/sys/fs/cgroup/memory"],
  );
});

test("what is mounted over counts, what is below does not", () => {
  const memory = "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
  const over = "60 31 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw";
  assert.equal(parseMountinfo([ROOT, SYS, TMPFS, memory, over].join("\n")).kind, "v2");
  const hidden = "61 34 0:50 / /sys/fs/cgroup/memory rw - tmpfs tmpfs rw";
  assert.equal(parseMountinfo([ROOT, SYS, TMPFS, memory, hidden].join("\n")).kind, "none");
  const otherSys = "62 23 0:51 / /sys rw - sysfs sysfs rw";
  const stacked = "62 25 0:51 / /sys rw - sysfs sysfs rw";
  assert.equal(parseMountinfo([ROOT, SYS, TMPFS, memory, stacked].join("\n")).kind, "none");
  assert.equal(parseMountinfo([ROOT, otherSys.replace("62", "24"), TMPFS, memory].join("\n")).kind, "v1");
});

test("own cgroups", () => {
  const own = parseOwnCgroups("5:cpu,cpuacct:/a:b\n1:name=systemd:/init\n0::/user.slice\n");
  assert.equal(
    [...own],
    [
      ["cpu", "/a:b"],
      ["cpuacct", "/a:b"],
      ["name=systemd", "/init"],
      ["", "/user.slice"],
    ],
  );
});

test("this machine has the hierarchies that the kernel says this process is in", () => {
  const mode = detectCgroupMode();
  const known = new Set([...mode.own().keys()]);
  for (const { controllers } of mode.hierarchies)
    for (const one of controllers) assert.ok(known.has(one), one);
  if (mode.unified !== undefined) assert.ok(known.has(""));
});

test.run();
