/** The facts that the checks of the host judge. Nothing that is asked here stays. */
import { deviceProgram } from "../cgroup/device-program.ts";
import { detectCgroupMode } from "../cgroup/mode.ts";
import { managerCgroup } from "../cgroup/systemd/bus.ts";
import { FEATURES } from "../cli/feature-table.ts";
import { findTool, isThere } from "../container/id-maps.ts";
import type { GlobalOptions } from "../container/options.ts";
import { isRootless } from "../container/prepare.ts";
import { messageOf } from "../errors.ts";
import {
  loadDeviceProgram,
  PROBED_CALLS,
  type ProbedCall,
  probeCall,
  seccompFlagsSupported,
} from "../native/features.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes, SIGKILL } from "../native/process.ts";
import { FLAG_NEW_LISTENER, SECCOMP_FLAGS } from "../plan/seccomp-tables.ts";
import type { HostFacts } from "./finding.ts";
import { hasRange, userName } from "./subordinate.ts";

const SYSCTLS = [
  "vm/memfd_noexec",
  "user/max_user_namespaces",
  "kernel/unprivileged_userns_clone",
  "kernel/apparmor_restrict_unprivileged_userns",
];

function text(path: string): string | undefined {
  try {
    return files().readText(path).trim();
  } catch {
    return undefined;
  }
}

const inPath = (tool: string): boolean => findTool(tool) !== undefined;

function mayWrite(path: string): boolean {
  try {
    return files().mayWrite(path);
  } catch {
    return false;
  }
}

/** Makes one, and ends it. */
function makeUserNamespace(): void {
  const pid = processes().holdUserNamespace();
  processes().kill(pid, SIGKILL);
  processes().reap(pid);
}

/** The errno's name of what fails, "" for success. */
function refusal(attempt: () => void): string {
  try {
    attempt();
    return "";
  } catch (error) {
    return isNativeError(error) ? error.code : messageOf(error);
  }
}

function cgroupFacts(global: GlobalOptions): HostFacts["cgroup"] {
  const { kind, hierarchies, unified, own } = detectCgroupMode();
  const v1 = hierarchies.flatMap(({ controllers }) => controllers);
  const v2 = unified === undefined ? "" : (text(`${unified.mountPoint}/cgroup.controllers`) ?? "");
  const mounts = hierarchies.map((one) => ({ ...one, key: one.controllers[0] ?? "" }));
  const places = [...mounts, ...(unified === undefined ? [] : [{ ...unified, key: "" }])];
  const closed = places
    .map(({ mountPoint, root, key }) => {
      // An ordinary user's containers are made below its own cgroup, root's at the top.
      const below = isRootless(global) ? (own().get(key) ?? "/") : "/";
      return root === "/" && below !== "/" ? mountPoint + below : mountPoint;
    })
    .filter((directory) => !mayWrite(directory));
  return {
    manager: global.cgroupManager,
    kind,
    controllers: [...v1, ...v2.split(" ").filter((one) => one !== "")],
    closed,
    deviceProgram: refusal(() => loadDeviceProgram(deviceProgram({ allowed: true, exceptions: [] }))),
  };
}

function systemdFacts(global: GlobalOptions): HostFacts["systemd"] {
  if (!isThere("/run/systemd/system")) return { runs: false, problem: undefined };
  try {
    managerCgroup(isRootless(global));
    return { runs: true, problem: undefined };
  } catch (error) {
    return { runs: true, problem: messageOf(error) };
  }
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";

function stateFacts(global: GlobalOptions): HostFacts["state"] {
  try {
    const { root } = global;
    let nearest = root;
    while (nearest !== "/" && !isThere(nearest)) nearest = parentOf(nearest);
    return { path: root, writable: mayWrite(nearest), problem: undefined };
  } catch (error) {
    return { path: undefined, writable: false, problem: messageOf(error) };
  }
}

export function gatherFacts(global: GlobalOptions): HostFacts {
  const uid = process.geteuid?.() ?? 0;
  const names = [String(uid), userName(text("/etc/passwd") ?? "", uid)];
  const runtime = process.env.XDG_RUNTIME_DIR || undefined;
  const calls = Object.fromEntries(PROBED_CALLS.map((name) => [name, probeCall(name)]));
  return {
    release: text("/proc/sys/kernel/osrelease") ?? "unknown",
    rootless: isRootless(global),
    uid,
    calls: calls as Record<ProbedCall, string>,
    namespaces: isThere("/proc/self/ns") ? files().readdir("/proc/self/ns") : [],
    userNamespace: refusal(makeUserNamespace),
    sysctls: Object.fromEntries(SYSCTLS.map((file) => [file, text(`/proc/sys/${file}`)])),
    seccomp: {
      actions: text("/proc/sys/kernel/seccomp/actions_avail"),
      // One is of a listener only, and refused without.
      missingFlags: Object.entries(SECCOMP_FLAGS)
        .filter(
          ([, flag]) => !seccompFlagsSupported(flag) && !seccompFlagsSupported(flag | FLAG_NEW_LISTENER),
        )
        .map(([name]) => name),
      listener: seccompFlagsSupported(FLAG_NEW_LISTENER),
    },
    cgroup: cgroupFacts(global),
    subordinate: {
      uids: hasRange(text("/etc/subuid") ?? "", names),
      gids: hasRange(text("/etc/subgid") ?? "", names),
      newuidmap: inPath("newuidmap"),
      newgidmap: inPath("newgidmap"),
    },
    systemd: systemdFacts(global),
    apparmor: text("/sys/module/apparmor/parameters/enabled") === "Y",
    selinux: isThere("/sys/fs/selinux/enforce"),
    criu: { there: inPath("criu"), used: FEATURES.CRIU },
    runtimeDirectory: { path: runtime, usable: runtime !== undefined && mayWrite(runtime) },
    state: stateFacts(global),
  };
}
