/** Whether a step of the plan can be done on a host. Pure: a table of those that depend on one. */
import { RLIMITS } from "../plan/rlimits.ts";
import type { Step, StepKind } from "../plan/steps.ts";
import type { Host, Obstacle } from "./item.ts";

const CAP_SYS_RESOURCE = 24n;
const CAP_SYS_NICE = 23n;
const has = ({ capabilities }: Host, capability: bigint) => ((capabilities >> capability) & 1n) === 1n;

const missing = (path: string, remedy: string): Obstacle => ({ problem: `\`${path}\` is not there`, remedy });

type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;
type Checks = { readonly [K in StepKind]?: (step: StepOf<K>, host: Host) => Obstacle | undefined };

/** The steps that are not here need nothing of the host that containers could be without. */
const CHECKS: Checks = {
  rootfs: ({ path }, { kindOf }) =>
    kindOf(path) === "directory"
      ? undefined
      : missing(path, "make the directory, or set root.path to the rootfs"),

  bind({ source }, { kindOf }) {
    // One that is not the host's is an earlier mount of the container.
    if (!source.startsWith("/") || source.startsWith("/sys/fs/cgroup/")) return undefined;
    return kindOf(source) === undefined ? missing(source, "make it, or leave the mount out") : undefined;
  },

  mount({ type }, { fileSystems }) {
    if (fileSystems.has(type) || type === "none") return undefined;
    // It may be a module that the kernel loads when it is asked for.
    return {
      problem: `the kernel has no file system \`${type}\` at this moment`,
      remedy: `modprobe ${type}`,
      mild: true,
    };
  },

  sysctl({ file }, { kindOf }) {
    return kindOf(file) === undefined ? missing(file, "the kernel has no such sysctl") : undefined;
  },

  rlimit({ resource, hard }, host) {
    const name = Object.keys(RLIMITS).find((key) => RLIMITS[key] === resource) ?? "";
    const limit = host.limits.get(name);
    if (limit === undefined || hard <= limit || has(host, CAP_SYS_RESOURCE)) return undefined;
    return {
      problem: `the caller's hard limit is ${limit}, and raising it takes CAP_SYS_RESOURCE`,
      remedy: `ask for ${limit} at most, or raise the caller's`,
    };
  },

  oomScore: ({ score }, host) => checkOomScore(Number(score), host),

  scheduler({ policy }, host) {
    // SCHED_OTHER, SCHED_BATCH and SCHED_IDLE are anybody's.
    if ([0, 3, 5].includes(policy) || has(host, CAP_SYS_NICE)) return undefined;
    return { problem: "a real-time policy takes CAP_SYS_NICE" };
  },

  label({ module }, { apparmor, selinux }) {
    // A profile is left out, with a warning, where there is no AppArmor; a label is not.
    if (module === "apparmor") {
      return apparmor
        ? undefined
        : { problem: "AppArmor is not in force on this host: it is left out", mild: true };
    }
    return selinux
      ? undefined
      : { problem: "SELinux is not in force on this host", remedy: "leave the label out" };
  },

  hook: ({ path }, { kindOf }) =>
    kindOf(path) === undefined ? missing(path, "install the hook") : undefined,

  findProgram: ({ candidates }, { hasProgram }) => program(candidates, hasProgram),
  openModule: ({ candidates }, { hasProgram }) => program(candidates, hasProgram),
};

/** Lowering it is a right (proc_pid_oom_score_adj(5)). */
export function checkOomScore(score: number, host: Host): Obstacle | undefined {
  if (score >= host.oomScore || has(host, CAP_SYS_RESOURCE)) return undefined;
  return { problem: `it is below the caller's ${host.oomScore}, which takes CAP_SYS_RESOURCE` };
}

function program(candidates: readonly string[], hasProgram: Host["hasProgram"]): Obstacle | undefined {
  if (hasProgram(candidates)) return undefined;
  return {
    problem: `the rootfs has none of ${candidates.map((path) => `\`${path}\``).join(", ")}`,
    remedy: "check process.args[0], PATH, and the rootfs",
  };
}

export function checkStep(step: Step, host: Host): Obstacle | undefined {
  const check = CHECKS[step.kind as StepKind] as
    | ((step: Step, host: Host) => Obstacle | undefined)
    | undefined;
  return check?.(step, host);
}
