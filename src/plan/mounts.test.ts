import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Mount, Spec } from "../spec/types.ts";
import { mountMapping } from "./idmap.ts";
import { ATTR, MS, mountOption, mountOptionNames, PROPAGATIONS } from "./mount-options.ts";
import { bringsOwnDev, cleanPath, parseMountOptions, planMounts } from "./mounts.ts";
import { BIND_FLAGS, type Step } from "./steps.ts";
import { testContext } from "./testing.ts";

const spec = (...mounts: Mount[]): Spec => ({ ociVersion: "1.3.0", mounts });
const steps = (...mounts: Mount[]): readonly Step[] =>
  planMounts(spec(...mounts), testContext(), false).steps;

test("of two options that exclude each other the last one wins", () => {
  assert.is(parseMountOptions(["ro", "rw"]).set, 0n);
  assert.is(parseMountOptions(["ro", "rw"]).clear, ATTR.RDONLY);
  assert.is(parseMountOptions(["rw", "ro"]).set, ATTR.RDONLY);
  assert.is(parseMountOptions(["rw", "ro"]).clear, 0n);
});

test("an access time option clears the group and sets its own", () => {
  const { set, clear } = parseMountOptions(["noatime", "strictatime"]);
  assert.is(set, ATTR.STRICTATIME);
  assert.is(clear, ATTR.ATIME);
});

test("norelatime is the kernel's default, which is relatime, as in mount(2)", () => {
  assert.equal(mountOption("norelatime"), mountOption("relatime"));
});

test("flags of mount(2) without an option of the file system's are no option of a tmpfs", () => {
  const words = ["acl", "noacl", "iversion", "noiversion", "silent", "loud", "async", "sync", "size=1m"];
  const [step] = steps({ destination: "/t", type: "tmpfs", options: words });
  assert.equal(step?.kind === "mount" ? step.options : [], ["sync", "size=1m"]);
  const [disk] = steps({ destination: "/t", type: "ext4", source: "/dev/x", options: ["noacl"] });
  assert.equal(disk?.kind === "mount" ? disk.options : [], ["noacl"]);
});

test("recursive options are apart from those of the top mount", () => {
  const parsed = parseMountOptions(["rbind", "rro", "nosuid"]);
  assert.is(parsed.setAll, ATTR.RDONLY);
  assert.is(parsed.set, ATTR.NOSUID);
  assert.is(parsed.bind, "rbind");
});

test("what the table does not know goes to the file system", () => {
  assert.equal(parseMountOptions(["size=64k", "gid=5", "newinstance"]).data, [
    "size=64k",
    "gid=5",
    "newinstance",
  ]);
});

test("an id mapping: the mount's own, the option's, the container's, or an error", () => {
  const ids = [{ containerID: 0, hostID: 1000, size: 10 }];
  const bind = { destination: "/d", source: "/s" };
  const own = { ...bind, options: ["bind"], uidMappings: ids, gidMappings: ids };
  assert.equal(mountMapping(spec(), own, ""), { uids: ids, gids: ids, recursive: false });
  assert.is(mountMapping(spec(), { ...bind, options: ["bind"] }, ""), undefined);
  const written = { ...bind, options: ["bind", "ridmap=uids=0-5-1#1-9-2;gids=0-7-1"] };
  assert.equal(mountMapping(spec(), written, ""), {
    uids: [
      { containerID: 0, hostID: 5, size: 1 },
      { containerID: 1, hostID: 9, size: 2 },
    ],
    gids: [{ containerID: 0, hostID: 7, size: 1 }],
    recursive: true,
  });
  const plain = { ...bind, options: ["bind", "idmap"] };
  const mapped = { ...spec(), linux: { uidMappings: ids, gidMappings: ids } };
  assert.equal(mountMapping(mapped, plain, ""), { uids: ids, gids: ids, recursive: false });
  assert.throws(
    () => mountMapping(spec(), plain, "/mounts/0"),
    (error: Error) => /\/mounts\/0\/options\/1\): there is no mapping/.test(error.message),
  );
  assert.throws(
    () => mountMapping(spec(), { ...bind, options: ["idmap=uids=0-1"] }, "/mounts/0"),
    (error: Error) => /is no id mapping/.test(error.message),
  );
  const joining = { ...spec(), linux: { namespaces: [{ type: "user" as const, path: "/proc/1/ns/user" }] } };
  assert.equal(mountMapping(joining, plain, ""), { uids: [], gids: [], recursive: false, joined: true });
  const relative = { ...bind, options: ["idmap=uids=@0-3-1;gids=@0-9-1"] };
  assert.equal(mountMapping(mapped, relative, ""), {
    uids: [{ containerID: 0, hostID: 1003, size: 1 }],
    gids: [{ containerID: 0, hostID: 1009, size: 1 }],
    recursive: false,
  });
  assert.throws(
    () => mountMapping(mapped, { ...bind, options: ["idmap=uids=@0-10-1;gids=@0-0-1"] }, "/mounts/0"),
    (error: Error) => /is no id mapping/.test(error.message),
  );
  const [step] = steps(own);
  assert.is(step?.kind === "bind" ? step.flags : undefined, BIND_FLAGS.fromHost);
});

test("mountLabel: an option of new file systems, of the kind that the annotation names", () => {
  const mounts: Mount[] = [
    { destination: "/t", type: "tmpfs" },
    { destination: "/own", type: "tmpfs", options: ["context=mine"] },
    { destination: "/proc", type: "proc" },
  ];
  const labelled = (annotations: Record<string, string>) => ({
    ...spec(...mounts),
    annotations,
    linux: { mountLabel: "a:b:c:s0" },
  });
  const warnings: string[] = [];
  const options = (annotations: Record<string, string> = {}, selinux = true) => {
    const context = testContext({ selinux: () => selinux, warn: (text) => warnings.push(text) });
    const { steps } = planMounts(labelled(annotations), context, false);
    return steps.map((step) => (step.kind === "mount" ? step.options : []));
  };
  assert.equal(options(), [["context=a:b:c:s0"], ["context=mine"], []]);
  const kind = "run.oci.mount_context_type";
  assert.equal(options({ [kind]: "rootcontext" })[0], ["rootcontext=a:b:c:s0"]);
  assert.throws(() => options({ [kind]: "size" }), /annotations\/run\.oci\.mount_context_type/);
  assert.equal(options({}, false), [[], ["context=mine"], []]);
  assert.match(warnings.join(), /SELinux is not in force.*\/linux\/mountLabel/);
});

test("tmpcopyup is for a tmpfs, and not on /", () => {
  const [step] = steps({ destination: "/t", type: "tmpfs", options: ["tmpcopyup"] });
  assert.is(step?.kind === "mount" ? step.copyUp : undefined, 1);
  for (const mount of [
    { destination: "/", type: "tmpfs", options: ["tmpcopyup"] },
    { destination: "/t", type: "mqueue", options: ["tmpcopyup"] },
  ]) {
    assert.throws(
      () => steps(mount),
      (error: Error) => /`tmpcopyup` is for a tmpfs/.test(error.message),
    );
  }
});

test("a bare word that nobody knows is an error on a bind mount, a setting is not", () => {
  assert.throws(
    () => steps({ destination: "/d", source: "/s", options: ["bind", "sparkle"] }),
    (error: Error) => /there is no option `sparkle` for a bind mount/.test(error.message),
  );
  assert.is(steps({ destination: "/d", source: "/s", options: ["bind", "mode=755"] })[0]?.kind, "bind");
});

test("destinations are cleaned, relative ones are below /", () => {
  assert.is(cleanPath("data//./x/../y/"), "/data/y");
  assert.is(cleanPath("/../../etc"), "/etc");
  assert.is(cleanPath("/"), "/");
});

test("a bind mount keeps what its source has but for what is named", () => {
  const [step] = steps({ destination: "/d", source: "sub/dir", options: ["bind", "ro"] });
  assert.equal(step, {
    kind: "bind",
    pointer: "/mounts/0",
    source: "/bundle/sub/dir",
    target: "/d",
    recursive: 0,
    flags: 0,
    set: ATTR.RDONLY,
    clear: 0n,
    setAll: 0n,
    clearAll: 0n,
    propagation: [],
  });
});

test("type bind without the option is a bind mount too; without a source it is an error", () => {
  assert.is(steps({ destination: "/d", type: "bind", source: "/s" })[0]?.kind, "bind");
  assert.throws(
    () => steps({ destination: "/d", type: "bind" }),
    (error: Error) =>
      error.message === "plan the mount `/d` (config.json /mounts/0): a bind mount needs a source",
  );
});

test("a tmpfs takes the mode of its mount point unless it is given one", () => {
  const inherits = (options: string[]) => {
    const [step] = steps({ destination: "/t", type: "tmpfs", options });
    return step?.kind === "mount" ? step.inheritMode : undefined;
  };
  assert.is(inherits(["nosuid"]), 1);
  assert.is(inherits(["mode=0700"]), 0);
});

test("a read-only /dev becomes so only when its devices are there", () => {
  const plan = planMounts(
    spec({ destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["ro", "nosuid"] }),
    testContext(),
    false,
  );
  const [mount] = plan.steps;
  assert.is(mount?.kind === "mount" ? mount.attributes : undefined, ATTR.NOSUID);
  assert.equal(plan.late, [
    { kind: "remount", pointer: "/mounts/0", target: "/dev", set: ATTR.RDONLY, clear: 0n, propagation: [] },
  ]);
});

test("nothing is mounted into /proc but what lxcfs covers", () => {
  assert.throws(
    () => steps({ destination: "/proc/self", type: "tmpfs", source: "tmpfs" }),
    (error: Error) => /it is inside \/proc/.test(error.message),
  );
  assert.is(steps({ destination: "/proc/meminfo", source: "/x", options: ["bind"] })[0]?.kind, "bind");
});

test("a bind mount on /dev means that the container brings its own devices", () => {
  assert.ok(bringsOwnDev(spec({ destination: "/dev/", source: "/dev", options: ["rbind"] })));
  assert.not(bringsOwnDev(spec({ destination: "/dev", type: "tmpfs", source: "tmpfs" })));
});

test("the cgroup mount of v1: a tmpfs, one directory per hierarchy, links for shared ones", () => {
  const context = testContext({
    cgroups: [
      { directory: "cpu,cpuacct", options: ["cpu", "cpuacct"], source: "/sys/fs/cgroup/cpu,cpuacct/c" },
      { directory: "pids", options: ["pids"], source: "/sys/fs/cgroup/pids/c" },
    ],
  });
  const mount = {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: ["ro", "nosuid"],
  };
  const bound = planMounts(spec(mount), context, false).steps;
  assert.equal(
    bound.map((step) => `${step.kind} ${"target" in step ? step.target : ""}`),
    [
      "mount /sys/fs/cgroup",
      "bind /sys/fs/cgroup/cpu,cpuacct",
      "symlink /sys/fs/cgroup/cpu",
      "symlink /sys/fs/cgroup/cpuacct",
      "bind /sys/fs/cgroup/pids",
      "remount /sys/fs/cgroup",
    ],
  );
  const own = planMounts(spec(mount), context, true).steps;
  assert.equal(
    own.filter((step) => step.kind === "mount").map((step) => (step.kind === "mount" ? step.options : [])),
    [["mode=755"], ["cpu", "cpuacct"], ["pids"]],
  );
});

test("the cgroup mount of v2: its own with a cgroup namespace, else the container's directory", () => {
  const context = testContext({
    cgroupVersion: 2,
    cgroups: [{ directory: "", options: [], source: "/sys/fs/cgroup/c" }],
  });
  const mount = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup" };
  const [own] = planMounts(spec(mount), context, true).steps;
  assert.is(own?.kind === "mount" ? own.type : undefined, "cgroup2");
  const [bound] = planMounts(spec(mount), context, false).steps;
  assert.is(bound?.kind === "bind" ? bound.source : undefined, "/sys/fs/cgroup/c");
});

test("run.oci.systemd.force_cgroup_v1: systemd's hierarchy of v1 in the place of the mount, on v2 too", () => {
  const mount = { destination: "/sys/fs/cgroup/", type: "cgroup", source: "cgroup", options: ["nosuid"] };
  const config = { ...spec(mount), annotations: { "run.oci.systemd.force_cgroup_v1": "/sys/fs/cgroup" } };
  const { steps } = planMounts(config, testContext({ cgroupVersion: 2 }), true);
  assert.equal(
    steps.map((step) => (step.kind === "mount" ? [step.target, step.type, step.options] : step.kind)),
    [
      ["/sys/fs/cgroup", "tmpfs", ["mode=755"]],
      ["/sys/fs/cgroup/systemd", "cgroup", ["none", "name=systemd", "xattr"]],
    ],
  );
});

test("every option has its inverse or its group; propagation is complete", () => {
  for (const name of ["ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "nosymfollow"]) {
    assert.ok(mountOption(name), name);
    assert.is(mountOption(`r${name}`)?.kind, "recursive", `r${name}`);
  }
  assert.equal(PROPAGATIONS.rslave, MS.SLAVE | MS.REC);
  assert.is(Object.keys(PROPAGATIONS).length, 8);
  for (const name of mountOptionNames()) assert.ok(mountOption(name), name);
});

test.run();
