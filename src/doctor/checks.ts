/** Facts of the host in, findings out. Pure. */
import type { ProbedCall } from "../native/features.ts";
import type { Finding, HostFacts } from "./finding.ts";

const ok = (name: string, detail: string): Finding => ({ name, status: "ok", detail });
const bad =
  (status: "warning" | "failure") =>
  (name: string, detail: string, affects: string, remedy: string): Finding => ({
    name,
    status,
    detail,
    affects,
    remedy,
  });
const warning = bad("warning");
const failure = bad("failure");

interface Call {
  readonly since: string;
  readonly affects: string;
  /** Without it there are no containers. */
  readonly needed: boolean;
}

const CALLS: Readonly<Record<Exclude<ProbedCall, "memfd_exec">, Call>> = {
  clone3: { since: "5.3", affects: "every container: init is started by it", needed: true },
  openat2: {
    since: "5.6",
    affects: "nothing: paths are walked one by one in its place, slower",
    needed: false,
  },
  pidfd_open: { since: "5.3", affects: "kill, exec and run, which name processes by it", needed: true },
  mount_setattr: { since: "5.12", affects: "idmapped mounts and recursive mount options", needed: false },
  open_tree: { since: "5.2", affects: "every container: bind mounts are made by it", needed: true },
  fsopen: { since: "5.2", affects: "every container: file systems are mounted by it", needed: true },
  close_range: { since: "5.9", affects: "closing of stray descriptors, done one by one", needed: false },
};

function checkCalls({ calls, release }: HostFacts): Finding[] {
  return Object.entries(CALLS).map(([name, { since, affects, needed }]) => {
    // Any other answer is that of a kernel that has the call.
    if (calls[name as ProbedCall] !== "ENOSYS") return ok(name, "there");
    const detail = `not there; Linux ${release}`;
    const remedy = `use Linux ${since} or newer, or let an outer container's seccomp filter allow it`;
    return (needed ? failure : warning)(name, detail, affects, remedy);
  });
}

function checkMemory({ calls, sysctls }: HostFacts): Finding {
  const error = calls.memfd_exec;
  if (error === "") return ok("memfd exec", "memory files may be executed");
  const policy = sysctls["vm/memfd_noexec"];
  const detail = `${error}${policy === undefined ? "" : `; vm.memfd_noexec is ${policy}`}`;
  return failure("memfd exec", detail, "every container: init is a memory file", "sysctl vm.memfd_noexec=1");
}

const NAMESPACES: readonly (readonly [string, string])[] = [
  ["mnt", "CONFIG_NAMESPACES"],
  ["pid", "CONFIG_PID_NS"],
  ["net", "CONFIG_NET_NS"],
  ["ipc", "CONFIG_IPC_NS"],
  ["uts", "CONFIG_UTS_NS"],
  ["cgroup", "CONFIG_CGROUPS"],
  ["time", "CONFIG_TIME_NS"],
];

function checkNamespaces({ namespaces }: HostFacts): Finding[] {
  return NAMESPACES.map(([type, option]) => {
    const name = `${type} namespace`;
    if (namespaces.includes(type)) return ok(name, "there");
    const affects = `configurations with a ${type} namespace`;
    const rare = type === "time" || type === "cgroup";
    return (rare ? warning : failure)(name, "not there", affects, `use a kernel with ${option}`);
  });
}

const USER_SYSCTLS: Readonly<Record<string, string>> = {
  "user/max_user_namespaces": "0",
  "kernel/unprivileged_userns_clone": "0",
  "kernel/apparmor_restrict_unprivileged_userns": "1",
};

function checkUserNamespace({ userNamespace, sysctls, rootless, uid, namespaces }: HostFacts): Finding {
  const name = "user namespace";
  if (userNamespace === "") return ok(name, `user ${uid} can make one`);
  const blocking = Object.entries(USER_SYSCTLS)
    .filter(([file, value]) => sysctls[file] === value)
    .map(([file, value]) => `${file.replaceAll("/", ".")}=${value}`);
  const detail = [`refused: ${userNamespace}`, ...blocking].join("; ");
  const affects = rootless ? "every container of an ordinary user" : "containers with a user namespace";
  const remedy = !namespaces.includes("user")
    ? "use a kernel with CONFIG_USER_NS"
    : blocking.length > 0
      ? "change these sysctls"
      : "see the limits of /proc/sys/user, and what an outer container or a security module forbids";
  return (rootless ? failure : warning)(name, detail, affects, remedy);
}

function checkSeccomp({ seccomp }: HostFacts): Finding[] {
  const { actions, missingFlags, listener } = seccomp;
  if (actions === undefined) {
    const affects = "configurations with linux.seccomp";
    return [warning("seccomp", "no filters", affects, "use a kernel with CONFIG_SECCOMP_FILTER")];
  }
  const flags =
    missingFlags.length === 0
      ? ok("seccomp flags", "all that are known")
      : warning(
          "seccomp flags",
          `not there: ${missingFlags.join(", ")}`,
          "profiles that name these flags",
          "use a newer kernel",
        );
  const notify =
    listener && actions.split(" ").includes("user_notif")
      ? ok("seccomp listener", "there")
      : warning("seccomp listener", "not there", "SCMP_ACT_NOTIFY", "use Linux 5.0 or newer");
  return [ok("seccomp", actions), flags, notify];
}

const WANTED = ["cpu", "cpuset", "memory", "pids"];

function checkCgroups(facts: HostFacts): Finding[] {
  const { cgroup, rootless } = facts;
  const { manager, kind, controllers, closed } = cgroup;
  if (manager === "disabled") return [ok("cgroups", "not used: --cgroup-manager=disabled")];
  if (kind === "none") {
    const remedy = "mount cgroup2 on /sys/fs/cgroup, or use --cgroup-manager=disabled";
    const affects = rootless ? "limits, pause and ps" : "every container";
    return [(rootless ? warning : failure)("cgroups", "no hierarchy is mounted", affects, remedy)];
  }
  const findings = [ok("cgroups", `${kind}: ${controllers.join(", ")}`)];
  const missing = WANTED.filter((one) => !controllers.includes(one));
  if (missing.length > 0) {
    const remedy =
      kind === "v2" ? "delegate them in cgroup.subtree_control" : "mount their hierarchies, or enable them";
    findings.push(
      warning("controllers", `not there: ${missing.join(", ")}`, "limits of these kinds", remedy),
    );
  }
  if (closed.length > 0) {
    findings.push(
      rootless
        ? warning(
            "cgroup delegation",
            `none is the user's: ${closed.join(", ")}`,
            "limits, pause and ps",
            "log in by systemd, or let root give the user a cgroup",
          )
        : failure(
            "cgroup delegation",
            `not writable: ${closed.join(", ")}`,
            "every container",
            "mount them read-write, or use --cgroup-manager=disabled",
          ),
    );
  }
  return [...findings, checkDevices(facts)];
}

function checkDevices({ cgroup, rootless }: HostFacts): Finding {
  const { kind, controllers, deviceProgram } = cgroup;
  const affects = "linux.resources.devices";
  if (kind !== "v2") {
    return controllers.includes("devices")
      ? ok("devices", "by the devices controller of v1")
      : warning("devices", "no devices controller", affects, "mount the devices hierarchy of cgroup v1");
  }
  if (deviceProgram === "") return ok("devices", "by a BPF program");
  // The kernel lets nobody but root load one; a user namespace can make no devices either.
  if (rootless) return ok("devices", "no rules for an ordinary user, who can make no devices");
  const remedy = "use a kernel with CONFIG_CGROUP_BPF, and let the caller have CAP_BPF or CAP_SYS_ADMIN";
  return failure(
    "devices",
    `BPF program refused: ${deviceProgram}`,
    "every container: its devices are limited",
    remedy,
  );
}

function checkIds({ subordinate, rootless, uid }: HostFacts): Finding {
  const missing = [
    ...(subordinate.uids ? [] : [`no range for user ${uid} in /etc/subuid`]),
    ...(subordinate.gids ? [] : [`no range for user ${uid} in /etc/subgid`]),
    ...(subordinate.newuidmap ? [] : ["no newuidmap"]),
    ...(subordinate.newgidmap ? [] : ["no newgidmap"]),
  ];
  if (missing.length === 0) return ok("subordinate ids", `user ${uid} has some`);
  // Root maps whichever ids it likes.
  if (!rootless) return ok("subordinate ids", "not needed by root");
  return warning(
    "subordinate ids",
    missing.join("; "),
    "containers with more than one user id",
    "usermod --add-subuids --add-subgids, and install newuidmap and newgidmap (Debian: uidmap)",
  );
}

function checkSystemd({ systemd, cgroup }: HostFacts): Finding {
  if (systemd.runs && systemd.problem === undefined) return ok("systemd", "runs and answers");
  const detail = systemd.problem ?? "does not run: there is no /run/systemd/system";
  const remedy = systemd.runs
    ? "install libsystemd0, and see that its bus is there"
    : "use --cgroup-manager=cgroupfs";
  const asked = cgroup.manager === "systemd";
  return (asked ? failure : warning)("systemd", detail, "--cgroup-manager=systemd", remedy);
}

function checkCriu({ criu }: HostFacts): Finding {
  if (!criu.used) return ok("criu", `${criu.there ? "there" : "not there"}; this version makes no use of it`);
  return criu.there
    ? ok("criu", "there")
    : warning("criu", "not there", "checkpoint and restore", "install criu");
}

function checkDirectories({ runtimeDirectory, state, rootless }: HostFacts): Finding[] {
  const findings: Finding[] = [];
  if (rootless) {
    const { path, usable } = runtimeDirectory;
    findings.push(
      usable
        ? ok("XDG_RUNTIME_DIR", String(path))
        : warning(
            "XDG_RUNTIME_DIR",
            path === undefined ? "not set" : `${path} is not a directory of the user's`,
            "commands without --root",
            "log in by systemd, or name a directory with --root",
          ),
    );
  }
  const detail = state.path ?? state.problem ?? "";
  findings.push(
    state.writable
      ? ok("state directory", detail)
      : failure(
          "state directory",
          state.path === undefined ? detail : `${detail} can't be written`,
          "every container",
          "name another with --root",
        ),
  );
  return findings;
}

/** All checks, in the order in which they are printed. */
export function examine(facts: HostFacts): Finding[] {
  const { apparmor, selinux } = facts;
  return [
    ok("kernel", facts.release),
    ...checkCalls(facts),
    checkMemory(facts),
    ...checkNamespaces(facts),
    checkUserNamespace(facts),
    ...checkSeccomp(facts),
    ...checkCgroups(facts),
    checkIds(facts),
    checkSystemd(facts),
    ok("AppArmor", apparmor ? "in force" : "not in force: apparmorProfile is left out, with a warning"),
    ok("SELinux", selinux ? "in force" : "not in force: mountLabel is left out, with a warning"),
    checkCriu(facts),
    ...checkDirectories(facts),
  ];
}
