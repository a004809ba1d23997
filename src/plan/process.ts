/** The container's process (config.md, Process): limits, identity, capabilities, program. Pure. */
import { OcirtError } from "../errors.ts";
import type { Process, Uint64 } from "../spec/types.ts";
import { capabilityMasks } from "./capabilities.ts";
import { cleanPath } from "./mounts.ts";
import { RLIMITS } from "./rlimits.ts";
import type { Step } from "./steps.ts";

/** execvp(3)'s default where the container's environment has no PATH. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment: of several settings of a variable the last one counts (as runc). */
export function environment(entries: readonly string[] = []): string[] {
  const last = new Map<string, string>();
  for (const entry of entries) {
    const name = entry.split("=", 1)[0] ?? entry;
    last.delete(name);
    last.set(name, entry);
  }
  return [...last.values()];
}

/** A variable's value in an environment. */
export function variable(env: readonly string[], name: string): string | undefined {
  return env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Where the program may be: the path itself, or the name in each directory of the container's PATH. */
export function candidates(program: string, env: readonly string[], cwd: string): string[] {
  if (program.includes("/")) return [program];
  const directories = (variable(env, "PATH") ?? DEFAULT_PATH).split(":");
  return directories.map((directory) => {
    if (directory === "") return `${cwd === "/" ? "" : cwd}/${program}`;
    return `${directory}/${program}`;
  });
}

export function programArgs(process: Process | undefined): readonly string[] {
  const args = process?.args ?? [];
  if (args.length > 0 && args[0] !== "") return args;
  throw new OcirtError({
    action: "plan the process",
    pointer: "/process/args",
    reason: "there is no program to run",
    hint: 'give one, as in "args": ["sh"]',
  });
}

function rlimitSteps(process: Process): Step[] {
  const seen = new Set<string>();
  return (process.rlimits ?? []).map((limit, index) => {
    const pointer = `/process/rlimits/${index}`;
    const resource = RLIMITS[limit.type];
    if (resource === undefined || seen.has(limit.type)) {
      throw new OcirtError({
        action: "plan the resource limit",
        path: limit.type,
        pointer,
        reason: resource === undefined ? "there is no such limit" : "it is set twice",
      });
    }
    seen.add(limit.type);
    return { kind: "rlimit", pointer, resource, soft: unsigned64(limit.soft), hard: unsigned64(limit.hard) };
  });
}

const unsigned64 = (value: Uint64): bigint => BigInt.asUintN(64, BigInt(value));

/**
 * Steps before the program is looked up, as root of the container. Without `warn` nobody is told of capabilities
 * that can't be had: they were told of by `create`.
 */
export function identitySteps(
  process: Process,
  warn: ((text: string) => void) | undefined,
  mapped: boolean,
): Step[] {
  const user = process.user ?? {};
  const masks = capabilityMasks(process.capabilities ?? {}, warn ?? (() => {}));
  const wanted =
    warn === undefined ? 0n : masks.effective | masks.permitted | masks.inheritable | masks.ambient;
  return [
    {
      kind: "umask",
      mask: user.umask ?? 0o022,
      ...(user.umask === undefined ? {} : { pointer: "/process/user/umask" }),
    },
    ...rlimitSteps(process),
    { kind: "boundingSet", pointer: "/process/capabilities/bounding", mask: masks.bounding, wanted },
    {
      kind: "user",
      pointer: "/process/user",
      uid: user.uid ?? 0,
      gid: user.gid ?? 0,
      groups: user.additionalGids ?? [],
      // Where setgroups(2) is denied to the user namespace there are none to be dropped either.
      setGroups: mapped ? 1 : 0,
    },
    { kind: "workingDirectory", pointer: "/process/cwd", path: cleanPath(process.cwd) },
  ];
}

/** Steps after `start`: privileges go, the filter comes, the program is executed. */
export function privilegeSteps(process: Process, filter: Step | undefined): Step[] {
  const masks = capabilityMasks(process.capabilities ?? {}, () => {});
  const capabilities: Step = {
    kind: "capabilities",
    pointer: "/process/capabilities",
    effective: masks.effective,
    permitted: masks.permitted,
    inheritable: masks.inheritable,
    ambient: masks.ambient,
  };
  if (filter === undefined) {
    const bare: Step[] = [capabilities];
    if (process.noNewPrivileges) bare.push({ kind: "noNewPrivileges", pointer: "/process/noNewPrivileges" });
    return bare;
  }
  // With no_new_privs the filter needs no capability, and comes as late as it can; without, it needs
  // CAP_SYS_ADMIN, which the step `capabilities` takes away.
  if (process.noNewPrivileges) {
    return [capabilities, { kind: "noNewPrivileges", pointer: "/process/noNewPrivileges" }, filter];
  }
  return [filter, capabilities];
}

export function executeStep(process: Process): Step {
  const env = environment(process.env).filter((entry) => entry !== "HOME=");
  return { kind: "execute", pointer: "/process/args", args: programArgs(process), env };
}

/** An absent or empty HOME is the one of passwd(5), as every engine's images expect. */
export function homeSteps(process: Process): Step[] {
  if (variable(environment(process.env), "HOME")) return [];
  return [{ kind: "findHome", pointer: "/process/env", uid: process.user?.uid ?? 0 }];
}

/** Where the program is, and where its user is at home. */
export function findSteps(process: Process): Step[] {
  const program = programArgs(process)[0] ?? "";
  const paths = candidates(program, environment(process.env), cleanPath(process.cwd));
  return [{ kind: "findProgram", pointer: "/process/args/0", candidates: paths }, ...homeSteps(process)];
}

/** `size`: of the caller's terminal. `bound`: whether the terminal is the container's /dev/console too. */
export function consoleSteps(
  process: Process,
  [columns, rows]: readonly [columns: number, rows: number] = [0, 0],
  bound: boolean,
): Step[] {
  if (!process.terminal) return [];
  const { width = columns, height = rows } = process.consoleSize ?? {};
  const { uid = 0, gid = 0 } = process.user ?? {};
  const pointer = "/process/terminal";
  return [{ kind: "console", pointer, columns: width, rows: height, uid, gid, bound: bound ? 1 : 0 }];
}

/** Both take effect at the next execve, and are written while the host's /proc is in sight. */
export function labelSteps(process: Process): Step[] {
  const steps: Step[] = [];
  const { apparmorProfile, selinuxLabel } = process;
  if (apparmorProfile) {
    // The second is from before Linux 5.8, which has one file for all modules.
    const files = ["/proc/self/attr/apparmor/exec", "/proc/self/attr/exec"];
    steps.push({
      kind: "label",
      pointer: "/process/apparmorProfile",
      files,
      value: `exec ${apparmorProfile}`,
      module: "apparmor",
    });
  }
  if (selinuxLabel) {
    steps.push({
      kind: "label",
      pointer: "/process/selinuxLabel",
      files: ["/proc/self/attr/exec"],
      value: selinuxLabel,
      module: "",
    });
  }
  return steps;
}

/** Unless told otherwise the process has its caller's limit, not the one that the runtime raised for itself. */
export function openFilesSteps(process: Process, openFiles: number | undefined): Step[] {
  if (openFiles === undefined || process.rlimits?.some(({ type }) => type === "RLIMIT_NOFILE")) return [];
  return [{ kind: "softLimit", resource: RLIMITS.RLIMIT_NOFILE ?? 7, soft: BigInt(openFiles) }];
}
