/**
 * `exec`: a new process in a container that is there already. What it needs of the container's configuration was
 * kept by `create`; the bundle may hold another by now. Pure.
 */
import { OcirtError } from "../errors.ts";
import type { Linux, Process, Spec } from "../spec/types.ts";
import type { WasmSettings } from "../wasm/request.ts";
import { NAMESPACES } from "./namespaces.ts";
import {
  consoleSteps,
  executeStep,
  findSteps,
  identitySteps,
  labelSteps,
  openFilesSteps,
  privilegeSteps,
} from "./process.ts";
import { nodeMask, schedulingSteps } from "./scheduling.ts";
import type { Step } from "./steps.ts";

/** What is kept of a configuration. */
export interface ExecBase {
  readonly process: Process;
  readonly linux: Pick<Linux, "memoryPolicy" | "personality">;
  /** Whether its processes have a session keyring of the container's. */
  readonly keyring: boolean;
  /** Whether setgroups(2) is allowed in it. */
  readonly setGroups: boolean;
  /** Of seccomp(2), for the filter that is kept beside it; absent without one. */
  readonly seccompFlags?: number;
  /** What the modules of a Wasm container have in common; absent in others. */
  readonly wasm?: WasmSettings;
}

/** What the command line says about the process. */
export interface ProcessOptions {
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: readonly string[];
  /** uid[:gid] */
  readonly user?: string;
  readonly additionalGids: readonly string[];
  readonly caps: readonly string[];
  readonly tty: boolean;
  readonly apparmor?: string;
  readonly processLabel?: string;
  readonly noNewPrivs: boolean;
}

/**
 * How init gets at the container: descriptors by their index (src/container/exec-start.ts passes them in this order),
 * and for a Wasm container the engine's.
 */
export const EXEC_INHERITED = { pidfd: 0, cgroup: 1, addon: 2, start: 3 } as const;

export interface ExecContext {
  readonly id: string;
  /** The container's init, of whose namespaces CLONE_NEW* `namespaces` are to be joined. */
  readonly pid: number;
  readonly namespaces: number;
  /** Files of cgroups that init writes itself to, and whether it is born in one of the unified hierarchy. */
  readonly cgroupFiles: readonly string[];
  readonly cgroupBorn: boolean;
  readonly preserveFds: number;
  readonly openFiles?: number | undefined;
  readonly terminalSize?: readonly [columns: number, rows: number] | undefined;
  readonly warn: (text: string) => void;
}

function notANumber(option: string, value: string, expected: string): OcirtError {
  return new OcirtError({ action: `read ${option}`, path: value, reason: `expected ${expected}` });
}

function idOf(option: string, value: string, text: string | undefined, expected: string): number {
  if (text === undefined || !/^\d{1,10}$/.test(text) || Number(text) > 0xffff_fffe)
    throw notANumber(option, value, expected);
  return Number(text);
}

/** `--user` and `--additional-gids` on top of the process's own ids; a uid alone leaves the gid (as runc). */
function userOf(user: Process["user"], options: ProcessOptions): Process["user"] {
  const groups = options.additionalGids
    .flatMap((list) => list.split(","))
    .map((gid) => idOf("--additional-gids", gid, gid, "a group id"));
  const all = [...(user?.additionalGids ?? []), ...groups];
  const merged = { ...user, ...(all.length > 0 ? { additionalGids: all } : {}) };
  if (options.user === undefined) return merged;
  const expected = "uid or uid:gid in numbers";
  const [uid, gid, ...rest] = options.user.split(":");
  if (rest.length > 0) throw notANumber("--user", options.user, expected);
  return {
    ...merged,
    uid: idOf("--user", options.user, uid, expected),
    ...(gid === undefined ? {} : { gid: idOf("--user", options.user, gid, expected) }),
  };
}

/** Inheritable is left alone; ambient needs it, and follows only where the process has it (as runc). */
function withCapabilities(sets: Process["capabilities"] = {}, names: readonly string[]) {
  const add = (set: readonly string[] = []) => [...set, ...names];
  return {
    ...sets,
    bounding: add(sets.bounding),
    effective: add(sets.effective),
    permitted: add(sets.permitted),
    ...(sets.inheritable === undefined ? {} : { ambient: add(sets.ambient) }),
  };
}

/**
 * A process of its own (--process) has what it says, and from the container's what every process in it has: limits,
 * scheduling, labels and, where it says nothing of them, capabilities. Not the environment (as runc).
 */
function inherit(base: Process, own: Process): Process {
  const umask = own.user?.umask ?? base.user?.umask;
  const user = { ...own.user, ...(umask === undefined ? {} : { umask }) };
  const taken: Record<string, unknown> = {};
  for (const name of INHERITED) {
    const value = own[name];
    const says = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "";
    if (!says && base[name] !== undefined) taken[name] = base[name];
  }
  return { ...own, ...taken, user };
}

const INHERITED = [
  "apparmorProfile",
  "capabilities",
  "execCPUAffinity",
  "ioPriority",
  "oomScoreAdj",
  "rlimits",
  "scheduler",
  "selinuxLabel",
] as const satisfies readonly (keyof Process)[];

/** The process that is asked for: the container's own one or that of --process, with the options on top. */
export function execProcess(base: Process, own: Process | undefined, options: ProcessOptions): Process {
  const start = own === undefined ? base : inherit(base, own);
  const { cwd = start.cwd, apparmor, processLabel } = options;
  if (!cwd.startsWith("/")) {
    throw new OcirtError({ action: "use the working directory", path: cwd, reason: "it must be absolute" });
  }
  const args = options.args.length > 0 ? options.args : own?.args;
  if (args === undefined || args.length === 0) {
    throw new OcirtError({
      action: "plan the process",
      reason: "process args cannot be empty",
      hint: "name the command after the container, or in the file of --process",
    });
  }
  return {
    ...start,
    args,
    cwd,
    env: [...(start.env ?? []), ...options.env],
    user: userOf(start.user, options) ?? {},
    // The container's own terminal is none of its other processes'.
    terminal: (own?.terminal ?? false) || options.tty,
    ...(options.caps.length === 0
      ? {}
      : { capabilities: withCapabilities(start.capabilities, options.caps) }),
    ...(apparmor === undefined ? {} : { apparmorProfile: apparmor }),
    ...(processLabel === undefined ? {} : { selinuxLabel: processLabel }),
    ...(options.noNewPrivs ? { noNewPrivileges: true } : {}),
  };
}

/** All CPUs that the cgroup allows: an affinity of the caller's is none of the container's (as runc). */
const EVERY_CPU = new Uint8Array(1024).fill(0xff);

function affinitySteps(cpus: string | undefined): Step[] {
  if (cpus === undefined || cpus === "") return [];
  return [{ kind: "cpuAffinity", pointer: "/process/execCPUAffinity", cpus: nodeMask(cpus), required: 1 }];
}

/** Before the container: what is written to the host's /proc, and what its cgroups may not see. */
function outsideSteps(process: Process, context: ExecContext): Step[] {
  const { oomScoreAdj, execCPUAffinity } = process;
  const steps: Step[] = [];
  if (oomScoreAdj !== undefined) {
    steps.push({ kind: "oomScore", pointer: "/process/oomScoreAdj", score: String(oomScoreAdj) });
  }
  steps.push(...labelSteps(process), ...affinitySteps(execCPUAffinity?.initial));
  if (context.cgroupFiles.length > 0) steps.push({ kind: "openCgroups", files: context.cgroupFiles });
  return steps;
}

function entrySteps(base: ExecBase, process: Process, context: ExecContext): Step[] {
  const { pid, namespaces, cgroupBorn } = context;
  const { pidfd, cgroup } = EXEC_INHERITED;
  const steps: Step[] = [
    { kind: "enterContainer", pidfd, cgroup: cgroupBorn ? cgroup : 0, pid, flags: namespaces },
    { kind: "enterCgroups" },
  ];
  const final = affinitySteps(process.execCPUAffinity?.final);
  if (final.length > 0) steps.push(...final);
  else if (!process.execCPUAffinity?.initial)
    steps.push({ kind: "cpuAffinity", cpus: EVERY_CPU, required: 0 });
  if (namespaces & NAMESPACES.user.flag) steps.push({ kind: "becomeRoot" });
  steps.push({ kind: "session" });
  if (base.keyring) steps.push({ kind: "sessionKeyring", name: `_ses.${context.id}` });
  return steps;
}

/** The steps of who runs the program, by when they come. */
export interface ProgramSteps {
  /** While the host's files are in sight. */
  readonly outside: readonly Step[];
  /** In the container's namespaces, as its root. */
  readonly entered: readonly Step[];
  /** As its user. */
  readonly found: readonly Step[];
  /** When the host knows the process. */
  readonly known: readonly Step[];
  /** With the process's privileges. */
  readonly last: Step;
}

const ordinaryProgram = (process: Process): ProgramSteps => ({
  outside: [],
  entered: [],
  found: findSteps(process),
  known: [],
  last: executeStep(process),
});

/**
 * The whole way of an exec'd process. `filter`: the container's seccomp filter, where it has one. `program`: whose steps
 * they are if it isn't the kernel's to run.
 */
export function planExec(
  base: ExecBase,
  process: Process,
  filter: Uint8Array | undefined,
  context: ExecContext,
  program: ProgramSteps = ordinaryProgram(process),
): Step[] {
  const scheduled: Pick<Spec, "process" | "linux"> = { process, linux: base.linux };
  const isKept = process.capabilities === base.process.capabilities;
  const filterStep: Step | undefined =
    filter === undefined ? undefined : { kind: "seccomp", filter, flags: base.seccompFlags ?? 0 };
  return [
    ...outsideSteps(process, context),
    ...program.outside,
    ...entrySteps(base, process, context),
    ...program.entered,
    ...consoleSteps(process, context.terminalSize, false),
    ...schedulingSteps(scheduled),
    { kind: "closeFrom", fd: 3 + context.preserveFds },
    ...openFilesSteps(process, context.openFiles),
    ...identitySteps(process, isKept ? undefined : context.warn, base.setGroups),
    ...program.found,
    // The host knows it by now; pid file and sockets are there before anything of it runs.
    { kind: "awaitHost" },
    ...program.known,
    ...privilegeSteps(process, filterStep),
    program.last,
  ];
}
