/** `mounts`, `root`, and how their mounts propagate. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bind, put } from "../harness/index.ts";
import { at, CRUN_ALONE, edit, type Field, newer, own } from "./field.ts";

/** A tmpfs on /mnt with these options. */
const tmpfs = (...options: string[]): Field =>
  edit((config) => {
    config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options });
  });

/** A directory of the bundle with a directory and a file, mounted on /mnt. */
const bound = (...options: string[]): Field =>
  edit((config, { bundle }) => {
    mkdirSync(join(bundle, "source/below"), { recursive: true });
    writeFileSync(join(bundle, "source/file"), "content\n");
    config.mounts.push(bind(join(bundle, "source"), "/mnt", ...options));
  });

/** A symbolic link to a file. */
const symlink = (...options: string[]): Field =>
  edit((config, { bundle }) => {
    writeFileSync(join(bundle, "file"), "content\n");
    symlinkSync("file", join(bundle, "link"));
    config.mounts.push(bind(join(bundle, "link"), "/mnt/point", ...options));
  }, "ls /mnt; readlink /mnt/point");

const CGROUP_MOUNTS: [RegExp, string][] = [
  [/\/sys\/fs\/cgroup#1$/, "the directory of the hierarchies is read-only where the mount is"],
  [/\/sys\/fs\/cgroup\/\w+#1$/, "what is named as a hierarchy's source, nobody reads"],
];

export const MOUNTS: Record<string, Field> = {
  "mounts: tmpfs": tmpfs(),
  "mounts: tmpfs, every data option": tmpfs("mode=711", "size=1m", "nr_inodes=100", "uid=1000", "gid=1000"),
  ...Object.fromEntries(
    [
      "ro",
      "nosuid",
      "nodev",
      "noexec",
      "noatime",
      "nodiratime",
      "relatime",
      "strictatime",
      "sync",
      "dirsync",
      "mand",
      "lazytime",
      "nosymfollow",
      "rro",
      "rnosuid",
      "rnoexec",
      "rnodev",
      "rnoatime",
      "rnosymfollow",
      "shared",
      "rslave",
      "private",
      "unbindable",
      "tmpcopyup",
    ].map((option) => [`mounts: tmpfs ${option}`, newer(tmpfs(option), tmpfs())]),
  ),
  ...Object.fromEntries(
    [["ro"], ["rbind", "ro"], ["rbind", "rro"], ["nosuid", "nodev", "noexec"], ["rshared"], ["slave"]].map(
      (options) => [`mounts: bind ${options.join(" ")}`, bound(...options)],
    ),
  ),
  "mounts: bind with a mode": own(bound("mode=700"), ...CRUN_ALONE),
  "mounts: rbind without bind": edit((config, { bundle }) => {
    mkdirSync(join(bundle, "source"));
    config.mounts.push({ destination: "/mnt", source: join(bundle, "source"), options: ["rbind"] });
  }),
  "mounts: bind of a symlink": symlink(),
  "mounts: bind of a symlink, copy-symlink": newer(symlink("copy-symlink"), symlink()),
  "mounts: bind of a symlink, src-nofollow": newer(symlink("src-nofollow"), symlink()),
  ...Object.fromEntries(
    ["idmap", "ridmap"].map((option) => [
      `mounts: bind, ${option} with mappings of its own`,
      newer(
        edit((config, { bundle }) => {
          mkdirSync(join(bundle, "source"));
          writeFileSync(join(bundle, "source/file"), "content\n");
          const mappings = [{ containerID: 0, hostID: 1000, size: 10 }];
          const mount = bind(join(bundle, "source"), "/mnt", option, option === "idmap" ? "bind" : "rbind");
          config.mounts.push({ ...mount, uidMappings: mappings, gidMappings: mappings });
        }, "stat -c '%u:%g' /mnt /mnt/file"),
        bound(),
      ),
    ]),
  ),
  "mounts: a file": edit((config, { bundle }) => {
    writeFileSync(join(bundle, "file"), "content\n");
    config.mounts.push(bind(join(bundle, "file"), "/mnt/new/file", "ro"));
  }, "cat /mnt/new/file; stat -c '%n %a' /mnt/new/file"),
  "mounts: a source relative to the bundle": edit((config, { bundle }) => {
    mkdirSync(join(bundle, "source"));
    config.mounts.push(bind("source", "/mnt"));
  }),
  "mounts: a destination through a symlink": edit((config, { rootfs }) => {
    symlinkSync("/srv", join(rootfs, "mnt/link"));
    config.mounts.push({ destination: "/mnt/link/deep/er", type: "tmpfs", source: "tmpfs" });
  }, "stat -c '%n %a %u:%g' /srv/deep /srv/deep/er"),
  "mounts: cgroup": own(
    edit((config) => {
      config.mounts.push({
        destination: "/sys/fs/cgroup",
        type: "cgroup",
        source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "ro"],
      });
    }, "ls /sys/fs/cgroup"),
    ...CGROUP_MOUNTS,
  ),
  "mounts: cgroup, with a cgroup namespace": own(
    edit((config) => {
      config.linux.namespaces.push({ type: "cgroup" });
      config.mounts.push({
        destination: "/sys/fs/cgroup",
        type: "cgroup",
        source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
      });
    }, "ls /sys/fs/cgroup"),
    ...CGROUP_MOUNTS,
  ),
  "mounts: none but /proc": edit((config) => {
    config.mounts = config.mounts.filter(({ destination }) => destination === "/proc");
  }),
  "mounts: /dev of the host": edit((config) => {
    config.mounts = config.mounts.filter(({ destination }) => destination === "/proc");
    config.mounts.push(bind("/dev", "/dev", "rbind", "rslave"));
  }),
  "mounts: proc with options": edit((config) => {
    put(config, "/mounts/0/options", ["nosuid", "noexec", "nodev"]);
  }),
};

export const ROOT: Record<string, Field> = {
  "root.readonly": at("/root/readonly", true),
  ...Object.fromEntries(
    ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable"].map((one) => [
      `linux.rootfsPropagation ${one}`,
      own(at("/linux/rootfsPropagation", one), ...CRUN_ALONE),
    ]),
  ),
};
