/** The validation programs, and which of them no runtime can be asked to pass here. */
import { existsSync } from "node:fs";

/** Why each fails under a runtime that does what the specification says: it is not asked for, if it may pass. */
export const EXCUSED: Readonly<Record<string, string>> = {
  hooks:
    "suite: wants prestart hooks to wait for `start`, as before runtime-spec 1.0.2; they belong to `create`",
  linux_cgroups_blkio: "kernel: blkio.leaf_weight went with CFQ, in Linux 5.0",
  linux_cgroups_memory: "kernel: memory.kmem.limit_in_bytes has no effect any more",
  linux_cgroups_relative_blkio: "kernel: as linux_cgroups_blkio",
  linux_cgroups_relative_memory: "kernel: as linux_cgroups_memory",
  misc_props: "suite: starts /runtimetest, which it does not put into the bundle",
  pidfile: "suite: kills `true`, which may have ended by then",
  poststart_fail: "suite: wants a warning; since runtime-spec 1.3 the container is stopped, with an error",
  prestart: "suite: as hooks",
  process_capabilities: "machine: where root lacks capabilities, none can grant them",
  process_capabilities_fail:
    "suite: wants an error; since runtime-spec 1.1 an unknown capability is a warning",
  process_rlimits: "suite: Go raises its own limit of open files before runtimetest reads it",
};

/** Controllers that a program reads in hierarchies of v1, and that many machines have in none. */
export const controllersOf = (name: string): string =>
  /hugetlb/.test(name) ? "hugetlb" : /network/.test(name) ? "net_cls,net_prio" : "";

/** The suite knows cgroup v1 alone. */
const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");

/** Why the program is excused on this machine. */
export function excuseOf(name: string): string | undefined {
  return EXCUSED[name] ?? (unified && /cgroup|resources/.test(name) ? "suite: reads cgroup v1" : undefined);
}
