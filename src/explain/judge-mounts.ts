/** Whether the steps about files and mounts can be done. Pure. */
import { errnoText } from "../errors.ts";
import { hintFor } from "../plan/failure.ts";
import { BIND_FLAGS, type StepOf } from "../plan/steps.ts";
import type { NamespaceType } from "../spec/types.ts";
import { atLeast, HOST_RIGHT, hasInside, hasOnHost, takes, USER_NAMESPACE } from "./rights.ts";
import { fails, type Judged, OK, type Verdict, warns } from "./types.ts";

const there = (path: string, errno: string): string => `\`${path}\`: ${errnoText(errno)} (${errno})`;

/** All that changes mounts. */
export const mounting = (judged: Judged): Verdict =>
  takes(hasInside(judged, "CAP_SYS_ADMIN"), "CAP_SYS_ADMIN", USER_NAMESPACE);

export function judgeRootfs(step: StepOf<"rootfs">, judged: Judged): Verdict {
  const { host, find } = judged.facts;
  const errno = find(step.path);
  if (errno !== "") return fails(there(step.path, errno), hintFor("rootfs", errno));
  if (step.detached && !atLeast(host.release, 6, 15)) {
    return fails(
      `without a mount namespace the rootfs is a detached tree, which takes Linux 6.15; this is ${host.release}`,
      'add the namespace {"type": "mount"}',
    );
  }
  return mounting(judged);
}

/** What the kernel lets root of a user namespace mount (FS_USERNS_MOUNT), and the namespace that must be its own. */
const USER_MOUNTABLE: Readonly<Record<string, NamespaceType | undefined>> = {
  proc: "pid",
  sysfs: "network",
  mqueue: "ipc",
  cgroup: "cgroup",
  cgroup2: "cgroup",
  tmpfs: undefined,
  ramfs: undefined,
  devpts: undefined,
  overlay: undefined,
  fuse: undefined,
  binfmt_misc: undefined,
  bpf: undefined,
};

export function judgeMount(step: StepOf<"mount">, judged: Judged): Verdict {
  const { type, source } = step;
  const { namespaces, facts } = judged;
  if (namespaces.present.has("user")) {
    if (!(type in USER_MOUNTABLE)) {
      const remedy = "mount it on the host, and bind it into the container";
      return fails(`the kernel lets nobody in a user namespace mount ${type}`, remedy);
    }
    const owner = USER_MOUNTABLE[type];
    if (owner !== undefined && !namespaces.created.has(owner) && namespaces.created.has("user")) {
      const remedy = `add the namespace {"type": "${owner}"}, or bind the host's`;
      return fails(`in a user namespace ${type} takes a ${owner} namespace of the container's own`, remedy);
    }
  }
  if (source.startsWith("/") && facts.filesystems.has(`block ${type}`) && facts.find(source) !== "")
    return fails(there(source, facts.find(source)), "name a block device that is there");
  const known = facts.filesystems.has(type) || facts.filesystems.has(`block ${type}`);
  const rights = mounting(judged);
  if (rights.status !== "ok" || known) return rights;
  return warns(
    `the kernel has no file system ${type} at present: a module may bring it when it is mounted`,
    `modprobe ${type}`,
  );
}

export function judgeBind(step: StepOf<"bind">, judged: Judged): Verdict {
  const { facts } = judged;
  const linked = (step.flags & (BIND_FLAGS.sourceNoFollow | BIND_FLAGS.copySymlink)) !== 0;
  const errno = judged.made.has(step.source) ? "" : facts.find(step.source, !linked);
  if (errno !== "") {
    const reason = `the source ${there(step.source, errno)}`;
    return fails(reason, errno === "ENOENT" ? "make it, or take the mount out" : "let the caller reach it");
  }
  const recursive = step.setAll !== 0n || step.clearAll !== 0n;
  const mapped = (step.flags & BIND_FLAGS.fromHost) !== 0;
  if ((recursive || mapped) && facts.host.calls.mount_setattr === "ENOSYS") {
    return fails(
      `${mapped ? "an id mapping" : "an option for all that is below"} takes mount_setattr, which is not there`,
      "use Linux 5.12 or newer",
    );
  }
  if (mapped && !hasOnHost(judged, "CAP_SYS_ADMIN")) return takes(false, "CAP_SYS_ADMIN", HOST_RIGHT);
  return mounting(judged);
}

const S_IFMT = 0o170000;
const S_IFIFO = 0o010000;

/** Where mknod(2) is refused the host's node is bound. */
export function judgeDevice(step: StepOf<"device">, judged: Judged): Verdict {
  const made =
    hasOnHost(judged, "CAP_MKNOD") && !judged.namespaces.present.has("user") && !judged.facts.host.rootless;
  if (made || (step.mode & S_IFMT) === S_IFIFO) return OK;
  const errno = judged.facts.find(step.target);
  if (errno === "") return OK;
  return fails(
    `the caller can make no devices, and the host's ${there(step.target, errno)}`,
    "run it as root of the host, or take the device out",
  );
}

export function judgeSysctl(step: StepOf<"sysctl">, judged: Judged): Verdict {
  const errno = judged.facts.find(step.file);
  return errno === "" ? OK : fails(there(step.file, errno), hintFor("sysctl", errno));
}

export function judgePivot(_step: StepOf<"pivotRoot">, judged: Judged): Verdict {
  if (judged.facts.rootType !== "rootfs") return mounting(judged);
  return fails("the caller's root is an initramfs, which pivot_root(2) can't leave", "use --no-pivot");
}
