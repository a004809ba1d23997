/** The fields of `linux`: namespaces, devices, paths, seccomp, resources. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allow, bind, type Config, mapUsers, put, share } from "../harness/index.ts";
import { at, edit, type Field, own } from "./field.ts";

const MQUEUE: [RegExp, string] = [
  /^files \/dev\/mqueue$/,
  "it belongs to whom the ipc namespace was made by, which is the host's root; everybody may write to it",
];

const device = (config: Config, ...devices: object[]): void => put(config, "/linux/devices", devices);

export const NAMESPACES: Record<string, Field> = {
  ...Object.fromEntries(
    ["pid", "network", "ipc", "uts"].map((type) => [
      `namespaces: without ${type}`,
      edit((config) => {
        share(config, type);
        if (type === "uts") delete config.hostname;
      }),
    ]),
  ),
  "namespaces: cgroup": edit((config) => {
    config.linux.namespaces.push({ type: "cgroup" });
  }),
  "namespaces: time with offsets": edit((config) => {
    config.linux.namespaces.push({ type: "time" });
    put(config, "/linux/timeOffsets", {
      monotonic: { secs: 100, nanosecs: 5 },
      boottime: { secs: -1, nanosecs: 0 },
    });
  }),
  "namespaces: user with mappings": own(
    edit((config) => mapUsers(config)),
    MQUEUE,
  ),
  "namespaces: user, mount of a bind": own(
    edit((config, { bundle }) => {
      mapUsers(config);
      mkdirSync(join(bundle, "source"));
      config.mounts.push(bind(join(bundle, "source"), "/mnt"));
    }),
    MQUEUE,
  ),
  "hostname and domainname": edit((config) => {
    config.hostname = "one";
    put(config, "/domainname", "example.org");
  }),
};

export const LINUX: Record<string, Field> = {
  "linux.devices: all types": edit((config) => {
    device(
      config,
      { type: "c", path: "/dev/one", major: 1, minor: 5, fileMode: 0o640, uid: 1000, gid: 2000 },
      { type: "b", path: "/dev/deep/two", major: 7, minor: 200, fileMode: 0o600 },
      { type: "p", path: "/dev/pipe", fileMode: 0o622 },
      { type: "u", path: "/dev/three", major: 1, minor: 3 },
    );
  }, "stat -c '%n %F %a %u:%g %t:%T' /dev/deep /dev/deep/two"),
  "linux.devices: a default one again": edit((config) => {
    device(config, { type: "c", path: "/dev/zero", major: 1, minor: 5, fileMode: 0o600, uid: 5, gid: 6 });
  }),
  "linux.sysctl": edit((config) => {
    put(config, "/linux/sysctl", {
      "net.ipv4.ip_forward": "1",
      "kernel.shm_rmid_forced": "1",
      "fs.mqueue.msg_max": "20",
    });
  }, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max"),
  "linux.maskedPaths: files, directories, what is not there": own(
    edit((config, { rootfs }) => {
      writeFileSync(join(rootfs, "srv/secret"), "secret\n");
      mkdirSync(join(rootfs, "srv/secrets/below"), { recursive: true });
      config.linux.maskedPaths = ["/srv/secret", "/srv/secrets", "/srv/nowhere", "/proc/acpi"];
    }, "cat /srv/secret; ls /srv/secrets; stat -c '%n %F %a %t:%T' /srv/secret /srv/secrets"),
    [
      /^(mountinfo \/(srv|proc\/acpi)|files \/srv\/secrets$|also$)/,
      "with all restrictions on the mounts, and a directory that is nobody's to write to",
    ],
  ),
  "linux.maskedPaths: none": at("/linux/maskedPaths", []),
  "linux.readonlyPaths": edit((config, { rootfs }) => {
    writeFileSync(join(rootfs, "srv/file"), "x\n");
    config.linux.readonlyPaths = ["/srv/file", "/mnt", "/nowhere", "/proc/sys"];
  }, "(echo > /srv/file) 2>&1"),
  "linux.readonlyPaths: none": at("/linux/readonlyPaths", []),
  "linux.personality LINUX32": at("/linux/personality", { domain: "LINUX32" }, "uname -m"),
  "linux.seccomp": edit((config) => {
    put(config, "/linux/seccomp", {
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64"],
      syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 13 }],
    });
  }, "mkdir /tmp/one 2>&1"),
  "linux.seccomp, with new privileges": edit((config) => {
    config.process.noNewPrivileges = false;
    put(config, "/linux/seccomp", {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["sethostname"], action: "SCMP_ACT_ERRNO" }],
    });
  }, "hostname other 2>&1"),
  "linux.cgroupsPath": edit((config, { id }) => {
    put(config, "/linux/cgroupsPath", `/${id}-elsewhere`);
  }),
  "linux.resources: pids and memory": edit((config) => {
    config.linux.namespaces.push({ type: "cgroup" });
    put(config, "/linux/resources", { pids: { limit: 50 }, memory: { limit: 64 << 20 } });
  }),
  "linux.resources.devices": edit((config) => {
    allow(config, "CAP_MKNOD");
    put(config, "/linux/resources/devices", [
      { allow: false, access: "rwm" },
      { allow: true, type: "c", major: 1, minor: 11, access: "r" },
    ]);
  }, "mknod /tmp/kmsg c 1 11; mknod /tmp/mem c 1 1; for n in kmsg mem; do (head -c 0 < /tmp/$n) 2>&1; done; rm /tmp/kmsg /tmp/mem"),
};
