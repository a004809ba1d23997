/** Starts the init of `exec` and sees it through its plan up to the program. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { O_RDONLY_CLOEXEC } from "../native/open-flags.ts";
import { uint32At } from "../native/packet.ts";
import { type Packet, processes, receiveToEnd, SIGKILL } from "../native/process.ts";
import { subjectOf } from "../plan/describe.ts";
import { encodePlan } from "../plan/encode.ts";
import { EXEC_INHERITED } from "../plan/exec.ts";
import type { FailedStep } from "../plan/failure.ts";
import type { Step } from "../plan/steps.ts";
import { converse } from "./handshake.ts";
import type { ExecOptions } from "./options.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import type { SeccompBroker } from "./seccomp-agent.ts";
import { hasExecuted } from "./status.ts";
import type { ContainerRecord } from "./store.ts";
import { sendTerminal } from "./terminal.ts";

export interface ExecRequest {
  readonly record: ContainerRecord;
  readonly options: ExecOptions;
  /** Which of the descriptors to preserve the caller has opened. */
  readonly kept: readonly number[];
  /** A pidfd of the container's init. */
  readonly target: number;
  /** A cgroup of the unified hierarchy to be born in. */
  readonly cgroup: string | undefined;
  /** Whether the Wasm engine runs the program. */
  readonly engine: boolean;
}

export interface Executed {
  readonly pid: number;
  /** The terminal's master where no console socket took it; -1 without one. */
  readonly master: number;
}

/** How an init gets into a container that is there. */
export interface JoinRequest {
  /** A pidfd of the container's init. */
  readonly target: number;
  /** A cgroup of the unified hierarchy to be born in. */
  readonly cgroup: string | undefined;
  readonly preserveFds: number;
  /** Which of the descriptors to preserve the caller has opened. */
  readonly kept: readonly number[];
  /** Whether it gets what becoming the Wasm engine takes. */
  readonly engine?: boolean;
}

/** Returns when the program is being executed. Throws an OcirtError, and then nothing of the process is left. */
export function startExec(steps: readonly Step[], request: ExecRequest): Executed {
  const { joiner, sync } = spawnJoiner(steps, { ...request, preserveFds: request.options.preserveFds });
  const starter = new Starter(steps, request, joiner, sync);
  try {
    starter.run();
  } catch (error) {
    starter.undo();
    throw error;
  } finally {
    files().close(sync);
  }
  return starter;
}

/** The init whose first step joins the container, and the socket to it. */
export function spawnJoiner(steps: readonly Step[], request: JoinRequest): { joiner: number; sync: number } {
  const cgroup = request.cgroup === undefined ? -1 : openCgroup(request.cgroup);
  const pass: number[] = [];
  pass[EXEC_INHERITED.pidfd] = request.target;
  pass[EXEC_INHERITED.cgroup] = cgroup;
  const addon = request.engine ? processes().addonMemory() : -1;
  if (request.engine) pass.push(addon, -1);
  try {
    const { pid: joiner, sync } = processes().spawn({
      plan: encodePlan(steps),
      flags: 0,
      cgroup: -1,
      keep: request.preserveFds,
      kept: request.kept,
      carry: false,
      pass,
      joins: [],
    });
    return { joiner, sync };
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: error.syscall, errno: error.code });
  } finally {
    if (cgroup >= 0) files().close(cgroup);
    if (addon >= 0) files().close(addon);
  }
}

function openCgroup(directory: string): number {
  try {
    return files().open(directory, O_RDONLY_CLOEXEC, 0);
  } catch (error) {
    const errno = isNativeError(error) ? error.code : undefined;
    throw new OcirtError({ action: "join the cgroup", path: directory, errno });
  }
}

class Starter implements Executed {
  /** 0 before it is there. */
  pid = 0;
  master = -1;
  private broker: SeccompBroker | undefined;
  private awaitsTerminal: boolean;

  constructor(
    private readonly steps: readonly Step[],
    private readonly request: ExecRequest,
    /** The process that joins the namespaces and starts the one that goes on. */
    private readonly joiner: number,
    private readonly sync: number,
  ) {
    this.awaitsTerminal = steps.some(({ kind }) => kind === "console");
  }

  run(): void {
    const outcome = converse(this.sync, this.joiner, {
      action: "exec in the container",
      onProcess: (pid) => this.take(pid),
      onListener: (packet) => this.serveListener(packet),
      onTerminal: (master) => this.takeTerminal(master),
      stepAt: (index) => this.stepAt(index),
    });
    // The engine has no word for it: it closes its connection when the module begins.
    const begun = outcome === "executed" || (this.request.engine && outcome === "closed" && this.pid !== 0);
    if (begun && hasExecuted(this.pid) !== false) return;
    throw new OcirtError({
      action: "exec in the container",
      path: this.request.options.id,
      reason: "the process ended before it executed the program",
    });
  }

  private take(pid: number): boolean {
    this.pid = pid;
    processes().reap(this.joiner);
    const { pidFile, pidfdSocket } = this.request.options;
    if (pidfdSocket !== undefined) {
      const { sendPidfd } = require("./pidfd-receiver.ts") as typeof import("./pidfd-receiver.ts");
      sendPidfd(pidfdSocket, "setns", pid);
    }
    if (pidFile !== undefined) writePidFile(pidFile, pid);
    return !this.awaitsTerminal;
  }

  /** Loaded where there is a listener: most profiles have none. */
  private serveListener(packet: Packet): boolean {
    const { SeccompBroker } = require("./seccomp-agent.ts") as typeof import("./seccomp-agent.ts");
    this.broker ??= new SeccompBroker(this.request.record, this.pid);
    return this.broker.serve(packet, "running");
  }

  /** Either of the two may be told first. */
  private takeTerminal(master: number): boolean {
    const { consoleSocket } = this.request.options;
    if (consoleSocket === undefined) this.master = master;
    else sendTerminal(consoleSocket, master);
    this.awaitsTerminal = false;
    return this.pid !== 0;
  }

  /** Without the place in config.json: most of it may come from the command line. */
  private stepAt(index: number): FailedStep {
    const step = this.steps[index];
    return step === undefined ? { kind: "read the plan" } : { kind: step.kind, path: subjectOf(step) };
  }

  undo(): void {
    if (this.pid === 0) {
      // It ends by itself; killed, it might have started the other one and not told of it.
      processes().reap(this.joiner);
      this.pid = this.lateProcess();
    } else if (this.request.options.pidFile !== undefined) {
      removePidFile(this.request.options.pidFile);
    }
    if (this.pid !== 0) end(this.pid);
  }

  /** The one that the joiner has started and told of, after something else had failed; 0 for none. */
  private lateProcess(): number {
    for (;;) {
      const packet = receiveToEnd(this.sync);
      if (packet === undefined) return 0;
      if (packet.fd !== undefined) files().close(packet.fd);
      if (packet.kind === "P") return uint32At(packet, 0);
    }
  }
}

/** Kills and reaps a child; one that is gone already is none. */
function end(pid: number): void {
  try {
    processes().kill(pid, SIGKILL);
    processes().reap(pid);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
