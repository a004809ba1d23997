/** Whether the steps about the process can be done. Pure. */
import { errnoText } from "../errors.ts";
import { capabilityNames } from "../plan/capabilities.ts";
import { hintFor } from "../plan/failure.ts";
import { explainProgram, readElf } from "../plan/program-file.ts";
import { FLAG_NEW_LISTENER } from "../plan/seccomp-tables.ts";
import type { StepOf } from "../plan/steps.ts";
import { HOST_RIGHT, hasInside, hasOnHost, takes, USER_NAMESPACE } from "./rights.ts";
import { fails, type Judged, OK, type Verdict, warns } from "./types.ts";

const EXECUTABLE = 0o111;

/** A program of the host, that the runtime's side of the root runs. */
export function judgeHostProgram(path: string, { facts }: Judged): Verdict {
  const errno = facts.find(path);
  if (errno !== "") {
    return fails(`\`${path}\`: ${errnoText(errno)} (${errno})`, "install the program, or take the hook out");
  }
  const mode = facts.mode(path) ?? 0;
  return mode & EXECUTABLE ? OK : fails(`\`${path}\` may not be executed`, `chmod +x ${path}`);
}

export function judgeHook(step: StepOf<"hook">, judged: Judged): Verdict {
  // createContainer hooks are looked up in the runtime's root, startContainer hooks in the container's.
  if (step.pointer?.startsWith("/hooks/createContainer")) return judgeHostProgram(step.path, judged);
  return judgeProgram([step.path], judged);
}

const isBelow = (path: string, directory: string): boolean =>
  directory === "/" || `${path}/`.startsWith(`${directory}/`);

/** What is in the rootfs, and not in a mount over it, can be looked at. */
export function judgeProgram(candidates: readonly string[], { facts, mountPoints }: Judged): Verdict {
  const hidden = (path: string) => mountPoints.some((point) => isBelow(path, point));
  const read = (path: string) => (hidden(path) ? undefined : facts.headOf(path));
  const program = candidates.find((path) => read(path) !== undefined);
  if (program === undefined) {
    const names = candidates.map((path) => `\`${path}\``).join(", ");
    if (candidates.some((path) => hidden(path) || !path.startsWith("/")))
      return warns(`only create can tell whether there is ${names}: a mount lies over it, or it is relative`);
    return fails(`the rootfs has no file ${names}`, "add it to the rootfs, or change args or PATH");
  }
  if (((facts.modeInRoot(program) ?? EXECUTABLE) & EXECUTABLE) === 0)
    return fails(`\`${program}\` may not be executed`, "make it executable with chmod +x");
  const interpreter = readElf(read(program) ?? new Uint8Array())?.interpreter;
  const lacks = interpreter !== undefined && !hidden(interpreter) && read(interpreter) === undefined;
  const why = explainProgram(program, lacks ? "ENOENT" : "ENOEXEC", facts.machine, read);
  return why === undefined ? OK : fails(`\`${program}\`: ${why.reason}`, why.hint);
}

export function judgeModule(step: StepOf<"openModule">, judged: Judged): Verdict {
  const found = step.candidates.some((path) => judged.facts.headOf(path) !== undefined);
  if (found) return OK;
  return judged.mountPoints.some((point) => step.candidates.some((path) => isBelow(path, point)))
    ? warns("only create can tell whether the module is there: a mount lies over it")
    : fails("the rootfs has no such module", "add it to the rootfs, or change args");
}

export function judgeRlimit(step: StepOf<"rlimit">, judged: Judged): Verdict {
  const now = judged.facts.hardLimits.get(step.resource);
  if (now === undefined || step.hard <= now) return OK;
  // The kernel asks for it in the host's user namespace.
  if (hasOnHost(judged, "CAP_SYS_RESOURCE") && !judged.namespaces.present.has("user")) return OK;
  return fails(`the caller's own hard limit is ${now}, less than ${step.hard}`, hintFor("rlimit", "EPERM"));
}

/** SCHED_FIFO, SCHED_RR, SCHED_DEADLINE (linux/sched.h). */
const REAL_TIME = new Set([1, 2, 6]);

export function judgeScheduler(step: StepOf<"scheduler">, judged: Judged): Verdict {
  const raises = REAL_TIME.has(step.policy) || (step.nice | 0) < 0;
  const has = hasOnHost(judged, "CAP_SYS_NICE") && !judged.namespaces.present.has("user");
  return raises ? takes(has, "CAP_SYS_NICE", HOST_RIGHT) : OK;
}

/** IOPRIO_CLASS_RT. */
export function judgeIoPriority(step: StepOf<"ioPriority">, judged: Judged): Verdict {
  return step.value >> 13 === 1 ? takes(hasOnHost(judged, "CAP_SYS_NICE"), "CAP_SYS_NICE", HOST_RIGHT) : OK;
}

export function judgeMemoryPolicy(_step: StepOf<"memoryPolicy">, { facts }: Judged): Verdict {
  return facts.find("/proc/self/numa_maps") === ""
    ? OK
    : fails("the kernel has no NUMA policies", hintFor("memoryPolicy", "ENOSYS"));
}

const PROFILES = "/sys/kernel/security/apparmor/profiles";

export function judgeLabel(step: StepOf<"label">, { facts }: Judged): Verdict {
  const { host } = facts;
  if (step.module === "apparmor") {
    if (!host.apparmor) return warns("AppArmor is not in force: the profile is left out");
    const name = step.value.replace(/^exec /, "");
    const loaded = facts.text(PROFILES)?.split("\n");
    if (name === "unconfined" || loaded === undefined) return OK;
    return loaded.some((line) => line.startsWith(`${name} (`))
      ? OK
      : fails(`AppArmor has no profile \`${name}\``, "load it with apparmor_parser");
  }
  return host.selinux ? OK : fails("SELinux is not in force", hintFor("label", "EINVAL"));
}

export function judgeBoundingSet(step: StepOf<"boundingSet">, judged: Judged): Verdict {
  if (judged.namespaces.present.has("user")) return OK;
  const lacking = capabilityNames(step.wanted & ~judged.facts.capabilities.bounding);
  if (lacking.length > 0)
    return warns(`the caller lacks and can't grant: ${lacking.join(", ")}`, "start the runtime with them");
  return takes(hasOnHost(judged, "CAP_SETPCAP"), "CAP_SETPCAP", USER_NAMESPACE);
}

export function judgeUser(step: StepOf<"user">, judged: Judged): Verdict {
  const uid = takes(hasInside(judged, "CAP_SETUID"), "CAP_SETUID", USER_NAMESPACE);
  if (uid.status !== "ok") return uid;
  if (step.groups.length > 0 && step.setGroups === 0) {
    return warns("setgroups(2) is denied to this user namespace: the additional groups are left out");
  }
  return takes(hasInside(judged, "CAP_SETGID"), "CAP_SETGID", USER_NAMESPACE);
}

export function judgeSeccomp(step: StepOf<"seccomp">, judged: Judged): Verdict {
  const { seccomp } = judged.facts.host;
  if (seccomp.actions === undefined) {
    return fails("the kernel has no seccomp filters", "use a kernel with CONFIG_SECCOMP_FILTER");
  }
  if ((step.flags & FLAG_NEW_LISTENER) !== 0 && !seccomp.listener)
    return fails("the kernel has no seccomp listeners (SCMP_ACT_NOTIFY)", "use Linux 5.0 or newer");
  if (judged.noNewPrivileges) return OK;
  return takes(hasInside(judged, "CAP_SYS_ADMIN"), "CAP_SYS_ADMIN", "set process.noNewPrivileges");
}
