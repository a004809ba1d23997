/** Facts for tests: a host that has everything. */
import type { HostFacts } from "./finding.ts";

export const GOOD_HOST: HostFacts = {
  release: "6.16.0",
  rootless: false,
  uid: 0,
  calls: {
    clone3: "EINVAL",
    openat2: "",
    pidfd_open: "",
    mount_setattr: "EINVAL",
    open_tree: "EBADF",
    fsopen: "EINVAL",
    close_range: "EINVAL",
    memfd_exec: "",
  },
  namespaces: ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"],
  userNamespace: "",
  sysctls: {},
  seccomp: { actions: "errno user_notif allow", missingFlags: [], listener: true },
  cgroup: {
    manager: "cgroupfs",
    kind: "v2",
    controllers: ["cpu", "cpuset", "memory", "pids"],
    closed: [],
    deviceProgram: "",
  },
  subordinate: { uids: true, gids: true, newuidmap: true, newgidmap: true },
  systemd: { runs: true, problem: undefined },
  apparmor: true,
  selinux: true,
  criu: { there: true, used: true },
  runtimeDirectory: { path: "/run/user/1000", usable: true },
  state: { path: "/run/ocirt", writable: true, problem: undefined },
};
