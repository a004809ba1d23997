/** `exec`: another process in a container. It is this process's child, in the container's namespaces and cgroups. */
import { execCgroups } from "../cgroup/exec.ts";
import { cgroupDirForClone, cgroupDirsToJoin } from "../cgroup/plan.ts";
import { cgroupOf, isFrozen } from "../cgroup/processes.ts";
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { exitCodeOf, processes } from "../native/process.ts";
import { execProcess, planExec } from "../plan/exec.ts";
import { NAMESPACES } from "../plan/namespaces.ts";
import type { Step } from "../plan/steps.ts";
import type { Process } from "../spec/types.ts";
import { readForExec } from "./exec-base.ts";
import { type Executed, startExec } from "./exec-start.ts";
import { withInit } from "./kill.ts";
import { namespacesOf } from "./namespaces-of.ts";
import type { ExecOptions, GlobalOptions } from "./options.ts";
import { isEnding, statusOf } from "./status.ts";
import { type ContainerRecord, readRecord } from "./store.ts";

/** runc's exit code for a process that could not be started. */
const NOT_STARTED = 255;

/**
 * Few containers are of WebAssembly: another script of the executable's first half has that part, and begins the command
 * again. So it is asked for before anything is read that can't be read twice.
 */
const wasmExec = () => require("./exec-wasm.ts") as typeof import("./exec-wasm.ts");

/** The exit code of the process; 0 when detached. Throws an OcirtError with runc's exit code. */
export function execInContainer(global: GlobalOptions, options: ExecOptions): number {
  try {
    return run(global, options);
  } catch (error) {
    if (!(error instanceof OcirtError)) throw error;
    throw new OcirtError({ ...error.facts, exitCode: error.facts.exitCode ?? NOT_STARTED });
  }
}

function run(global: GlobalOptions, options: ExecOptions): number {
  // Before anything is opened here.
  const kept = options.preserveFds > 0 ? processes().callersDescriptors(options.preserveFds) : [];
  const record = readRecord(global.root, options.id);
  checkStatus(global.root, record, options);
  const wasm = record.wasm ? wasmExec() : undefined;
  const { base, filter } = readForExec(global.root, record.id);
  const own = options.process === undefined ? undefined : readProcess(options.process);
  const program = execProcess(base.process, own, options);
  checkTerminal(program, options);
  if (!options.detach) processes().forwardSignals();
  const executed = alive(record, () =>
    inCgroup(record, options, program, (cgroups) => {
      const context = {
        id: record.id,
        pid: record.pid,
        namespaces: namespacesOf(record),
        cgroupFiles: cgroups.files,
        cgroupBorn: cgroups.directory !== undefined,
        preserveFds: options.preserveFds,
        openFiles: processes().callersOpenFiles(),
        terminalSize: callersTerminal(program, options),
        warn: logWarning,
      };
      if (context.namespaces & NAMESPACES.user.flag) giveStdio(record.pid, program);
      const start = (steps: readonly Step[], engine: boolean) =>
        withInit(record, (target) =>
          startExec(steps, { record, options, kept, target, cgroup: cgroups.directory, engine }),
        );
      if (wasm === undefined) return start(planExec(base, program, filter, context), false);
      const module = wasm.wasmProgram(record, program, base, context.openFiles);
      return wasm.withWasmHint(() => start(planExec(base, program, filter, context, module), true));
    }),
  );
  if (executed === undefined) throw stopped(record.id);
  return options.detach ? 0 : supervise(executed);
}

/** Its user may open it again, as the container's own process. */
function giveStdio(pid: number, program: Process): void {
  const { giveStdioIn } = require("./stdio-owner.ts") as typeof import("./stdio-owner.ts");
  giveStdioIn(pid, program);
}

function supervise({ pid, master }: Executed): number {
  const pidfd = processes().pidfdOpen(pid);
  return exitCodeOf(processes().supervise(pid, pidfd, master));
}

function refuse(id: string, reason: string, hint?: string): OcirtError {
  return new OcirtError({ action: "exec in the container", path: id, reason, hint });
}

function checkStatus(root: string, record: ContainerRecord, { ignorePaused }: ExecOptions): void {
  const status = statusOf(root, record);
  if (status === "stopped") throw stopped(record.id);
  if (status === "creating") throw refuse(record.id, "the container is still being created");
  if (status === "paused" && !ignorePaused) {
    throw refuse(
      record.id,
      "cannot exec in a paused container",
      "resume it, or let the process wait for that with --ignore-paused",
    );
  }
}

const stopped = (id: string): OcirtError =>
  refuse(id, "cannot exec in a stopped container: container not running");

/** Of whatever fails when the container has ended meanwhile, its end is the reason. */
function alive<T>(record: ContainerRecord, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isEnding(record) ? stopped(record.id) : error;
  }
}

function readProcess(path: string): Process {
  const { loadProcess } = require("../spec/load-process.ts") as typeof import("../spec/load-process.ts");
  return loadProcess(path);
}

/** As runc's: who detaches has no terminal to lend, and who doesn't needs no socket for it. */
function checkTerminal({ terminal = false }: Process, { detach, consoleSocket }: ExecOptions): void {
  if (terminal && detach && consoleSocket === undefined) {
    throw new OcirtError({
      action: "set up the terminal",
      reason: "cannot allocate tty if ocirt will detach without setting console socket",
      hint: "use --console-socket, or leave --detach or the terminal out",
    });
  }
  if (!terminal && consoleSocket !== undefined) {
    throw new OcirtError({
      action: "use the console socket",
      path: consoleSocket,
      reason: "the process has no terminal",
      hint: "leave --console-socket out, or ask for a terminal with --tty",
    });
  }
}

function callersTerminal({ terminal }: Process, { consoleSocket }: ExecOptions) {
  return terminal && consoleSocket === undefined ? processes().terminalSize() : undefined;
}

interface Cgroups {
  /** Files that init writes itself to. */
  readonly files: readonly string[];
  /** Where it is born. */
  readonly directory?: string | undefined;
}

/**
 * In the unified hierarchy a process is born where it belongs, unless it would be born frozen, with its parent
 * waiting for it, or its affinity outside is to be another. v1 as in `create`.
 */
function cgroupsOf(record: ContainerRecord, options: ExecOptions, program: Process): Cgroups {
  const paths = execCgroups(record.cgroups, options.cgroups);
  const tasks = cgroupDirsToJoin(paths).map((directory) => `${directory}/tasks`);
  const directory = cgroupDirForClone(paths);
  if (directory === undefined) return { files: tasks };
  const moves = program.execCPUAffinity?.initial || (options.ignorePaused && isFrozen(record.cgroups));
  return moves ? { files: [...tasks, `${directory}/cgroup.procs`] } : { files: tasks, directory };
}

/**
 * A cgroup with controllers for those below it can have no processes of its own (cgroup v2, "No Internal Process
 * Constraint"): a container that has arranged itself so has its init further below, and there the process goes.
 */
function inCgroup(
  record: ContainerRecord,
  options: ExecOptions,
  program: Process,
  work: (cgroups: Cgroups) => Executed | undefined,
): Executed | undefined {
  const cgroups = cgroupsOf(record, options, program);
  try {
    return work(cgroups);
  } catch (error) {
    const { directory } = cgroups;
    const busy = error instanceof OcirtError && error.facts.errno === "EBUSY";
    if (!busy || directory === undefined || options.cgroups.length > 0) throw error;
    const below = cgroupOf(directory, record.pid);
    if (below === undefined || below === directory) throw error;
    return work({ ...cgroups, directory: below });
  }
}
