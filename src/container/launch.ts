/** The part that create and run share: record, cgroup, init, handshake; all undone where one fails. */
import {
  birthplace,
  cgroupDirForClone,
  createCgroup,
  destroyCgroup,
  enterSubgroup,
  handOver,
  joinCgroup,
  killCgroup,
} from "../cgroup/driver.ts";
import type { PlannedScope } from "../cgroup/plan.ts";
import { logWarning } from "../cli/log.ts";
import { messageOf, OcirtError } from "../errors.ts";
import { openOutput } from "../hooks/output.ts";
import { runAllHooks, runHooks } from "../hooks/run.ts";
import { files, isNativeError } from "../native/index.ts";
import { O_RDONLY_CLOEXEC } from "../native/open-flags.ts";
import { type Packet, processes, SIGKILL } from "../native/process.ts";
import { INHERITED } from "../plan/context.ts";
import { subjectOf } from "../plan/describe.ts";
import { encodePlan } from "../plan/encode.ts";
import type { FailedStep } from "../plan/failure.ts";
import { HOOKS_STDERR, HOOKS_STDOUT, PIDFD_RECEIVER } from "../spec/annotations.ts";
import { leaveResctrl } from "./delete.ts";
import { keepForExec } from "./exec-base.ts";
import { converse, type Outcome } from "./handshake.ts";
import { hookState } from "./hook-state.ts";
import { writeIdMappings } from "./id-maps.ts";
import { openNamespace, spawnError } from "./launch-namespaces.ts";
import { unlock } from "./lock.ts";
import { sendSource } from "./mount-source.ts";
import type { CreateOptions, GlobalOptions } from "./options.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import { notifying, type Prepared } from "./prepare.ts";
import type { SeccompBroker } from "./seccomp-agent.ts";
import { hasExecuted, startTimeOf } from "./status.ts";
import {
  type ContainerRecord,
  createRecord,
  isCurrent,
  removeRecord,
  startSocketOf,
  writeRecord,
} from "./store.ts";
import { sendTerminal } from "./terminal.ts";

export interface Launched {
  readonly record: ContainerRecord;
  readonly pid: number;
  /** The terminal's master where no console socket took it; -1 without one. */
  readonly master: number;
  /** The container's lock, to be given up when it is started. */
  readonly lock: number;
  /** The socket on which its process says that it is ready; -1 where nobody asks. */
  readonly notify: number;
}

/** Starts init and sees it through its plan. On any failure nothing of the container is left. */
export function launch(
  global: GlobalOptions,
  options: CreateOptions,
  prepared: Prepared,
  waits: boolean,
): Launched {
  const { root } = global;
  const lock = createRecord(root, prepared.record);
  const launcher = new Launcher(root, options, prepared, waits);
  try {
    if (prepared.notify !== undefined) notifying().makeNotifyDirectory(root, options.id);
    // A Wasm module's engine runs no other programs.
    if (!prepared.plan.wasm) keepForExec(root, options.id, prepared.config, prepared.plan.steps);
    const notify =
      prepared.notify === undefined || waits ? -1 : notifying().openNotifySocket(root, options.id);
    return { ...launcher.run(), lock, notify };
  } catch (error) {
    launcher.undo();
    unlock(lock);
    throw error;
  }
}

class Launcher {
  private record: ContainerRecord;
  private master = -1;
  private broker: SeccompBroker | undefined;
  private readonly open: number[] = [];

  constructor(
    private readonly root: string,
    private readonly options: CreateOptions,
    private readonly prepared: Prepared,
    private readonly waits: boolean,
  ) {
    this.record = prepared.record;
  }

  run(): Omit<Launched, "lock" | "notify"> {
    const { spec, plan } = this.prepared;
    const { scope } = this.prepared.cgroup;
    // systemd makes the cgroup for a process that is there.
    if (scope === undefined) this.makeCgroups();
    else this.record = { ...this.record, cgroups: {} };
    const { pid, sync } = this.spawn();
    this.record = {
      ...this.record,
      pid,
      startTime: startTimeOf(pid),
      // Without the wait for `start` init goes straight on to the program.
      phase: this.waits ? "creating" : "running",
    };
    if (scope !== undefined) this.startScope(scope, pid);
    if (plan.namespaces.created.has("user")) writeIdMappings(spec, pid);
    const outcome = converse(sync, pid, {
      meanwhile: () => {
        // A pid in the record means that the cgroups in it are the container's, and may be killed.
        writeRecord(this.root, this.record);
        if (scope !== undefined) joinCgroup({ paths: birthplace(this.record.cgroups, this.ownership) }, pid);
        else if (plan.namespaces.present.has("user")) this.joinCgroups(pid);
        this.enterResctrl(pid);
        this.adjustOomScore(pid);
        this.moveNetDevices(pid);
        this.sendPidfd(pid);
        if (this.options.pidFile !== undefined) writePidFile(this.options.pidFile, pid);
      },
      onPhase: () => this.runtimeHooks(),
      onSource: (socket, index) => sendSource(socket, pid, spec, plan.steps[index]),
      onListener: (packet) => this.serveListener(packet),
      onTerminal: (master) => this.takeTerminal(master),
      stepAt: (index) => this.stepAt(index),
    });
    files().close(sync);
    this.checkOutcome(outcome, pid);
    if (this.waits) {
      this.record = { ...this.record, phase: "created" };
      writeRecord(this.root, this.record);
    }
    return { record: this.record, pid, master: this.master };
  }

  private checkOutcome(outcome: Outcome, pid: number): void {
    if (this.waits && outcome !== "ready") {
      throw new OcirtError({ action: "create the container", reason: "init ended before it was ready" });
    }
    if (this.waits || hasExecuted(pid) !== false) return;
    const reason = "its process ended before it executed the program";
    throw new OcirtError({ action: "run the container", path: this.record.id, reason });
  }

  private get ownership() {
    return this.prepared.cgroup.ownership ?? {};
  }

  /** A cgroup that is refused because others are in it is not the container's to be removed. */
  private makeCgroups(): void {
    this.record = { ...this.record, cgroups: {} };
    this.record = { ...this.record, cgroups: createCgroup(this.prepared.cgroup) };
    handOver(this.record.cgroups, this.ownership);
  }

  /**
   * Only a unit that was started here may be stopped again: its name may be another's. Whoever is killed before that
   * is in the record takes init with it, and a scope ends by itself when it is empty.
   */
  private startScope({ properties, subgroup, ...scope }: PlannedScope, pid: number): void {
    systemdBus().startUnit(scope, properties, pid);
    this.record = { ...this.record, scope };
    // A cgroup with a process in it can give no controllers to those below.
    if (subgroup) enterSubgroup(this.prepared.cgroup, pid);
    this.makeCgroups();
  }

  /** For an init that may not do it by itself; in the unified hierarchy it is there already. */
  private joinCgroups(pid: number): void {
    const { "": _, ...paths } = this.record.cgroups;
    joinCgroup({ paths }, pid);
  }

  private spawn(): { pid: number; sync: number } {
    const { plan } = this.prepared;
    const pass: number[] = [];
    pass[INHERITED.startSocket] = this.waits
      ? this.keep(processes().listenAt(startSocketOf(this.root, this.options.id)))
      : -1;
    pass[INHERITED.addon] = plan.wasm ? this.keep(processes().addonMemory()) : -1;
    const { createContainer, startContainer } = this.prepared.spec.hooks ?? {};
    const hooked = createContainer !== undefined || startContainer !== undefined;
    pass[INHERITED.hookOut] = hooked ? this.hookOutput(HOOKS_STDOUT) : -1;
    pass[INHERITED.hookErr] = hooked ? this.hookOutput(HOOKS_STDERR) : -1;
    const joins: number[] = [];
    for (const join of plan.namespaces.joins) {
      const fd = this.keep(openNamespace(join.path, join.type, join.pointer));
      pass.push(fd);
      if (join.type !== "time") joins.push(fd, join.flag);
    }
    try {
      return processes().spawn({
        plan: encodePlan(plan.steps),
        flags: plan.namespaces.cloneFlags,
        cgroup: this.openCgroup(),
        keep: this.prepared.preserved.count,
        kept: this.prepared.preserved.open,
        carry: plan.namespaces.present.has("user"),
        pass,
        joins,
      });
    } catch (error) {
      if (!isNativeError(error)) throw error;
      throw spawnError(plan.namespaces, error);
    } finally {
      for (const fd of this.open.splice(0)) files().close(fd);
    }
  }

  private hookOutput(name: string): number {
    return this.keep(openOutput(name, this.record.annotations, this.record.bundle));
  }

  /** Init starts in its cgroup of the unified hierarchy; -1 where there is none. */
  private openCgroup(): number {
    const directory = cgroupDirForClone(birthplace(this.record.cgroups, this.ownership));
    return directory === undefined ? -1 : this.keep(files().open(directory, O_RDONLY_CLOEXEC, 0));
  }

  /** Remembers a descriptor that is only for init. */
  private keep(fd: number): number {
    if (fd >= 0) this.open.push(fd);
    return fd;
  }

  /** What it makes is in the record before. */
  private enterResctrl(pid: number): void {
    const { resctrl } = this.prepared;
    if (resctrl === undefined) return;
    const { enterGroups } = require("../cgroup/resctrl.ts") as typeof import("../cgroup/resctrl.ts");
    enterGroups(resctrl.root, resctrl.plan, pid);
  }

  private adjustOomScore(pid: number): void {
    const score = this.prepared.spec.process?.oomScoreAdj;
    if (score === undefined) return;
    const path = `/proc/${pid}/oom_score_adj`;
    try {
      files().writeExisting(path, String(score));
    } catch (error) {
      throw new OcirtError({
        action: "set oom_score_adj",
        path: String(score),
        pointer: "/process/oomScoreAdj",
        errno: isNativeError(error) ? error.code : undefined,
        hint: "lowering it below the caller's own takes CAP_SYS_RESOURCE",
      });
    }
  }

  /** Before the runtime's hooks, which may configure them. */
  private moveNetDevices(pid: number): void {
    const devices = this.prepared.spec.linux?.netDevices;
    if (devices === undefined) return;
    const { moveNetDevices } = require("./net-devices.ts") as typeof import("./net-devices.ts");
    moveNetDevices(devices, pid);
  }

  private sendPidfd(pid: number): void {
    const { pidfdSocket } = this.options;
    const receiver = this.record.annotations[PIDFD_RECEIVER];
    if (!receiver && pidfdSocket === undefined) return;
    const { sendPidfd } = require("./pidfd-receiver.ts") as typeof import("./pidfd-receiver.ts");
    if (receiver) sendPidfd(receiver, this.record.id, pid, `/annotations/${PIDFD_RECEIVER}`);
    // runc's word for the process that makes a container.
    if (pidfdSocket !== undefined) sendPidfd(pidfdSocket, "standard", pid);
  }

  private runtimeHooks(): void {
    const { hooks } = this.prepared.spec;
    // What prestart hooks were told when `start` still ran them, and what crun tells them.
    runHooks("prestart", hooks?.prestart, hookState(this.record, "created"));
    runHooks("createRuntime", hooks?.createRuntime, hookState(this.record, "creating"));
  }

  /** Loaded where there is a listener: most profiles have none. */
  private serveListener(packet: Packet): boolean {
    const { SeccompBroker } = require("./seccomp-agent.ts") as typeof import("./seccomp-agent.ts");
    this.broker ??= new SeccompBroker(this.record);
    return this.broker.serve(packet, this.waits ? "creating" : "created");
  }

  private takeTerminal(master: number): false {
    const { consoleSocket } = this.options;
    if (consoleSocket === undefined) this.master = master;
    else sendTerminal(consoleSocket, master);
    return false;
  }

  private stepAt(index: number): FailedStep {
    const step = this.prepared.plan.steps[index];
    if (step === undefined) return { kind: "read the plan" };
    return { kind: step.kind, pointer: step.pointer, path: subjectOf(step) };
  }

  /** Leaves nothing: the process, its cgroup, the record. The error that led here is the one to be told. */
  undo(): void {
    const { record, root } = this;
    const attempt = (what: () => void) => {
      try {
        what();
      } catch (error) {
        logWarning(`while cleaning up: ${messageOf(error)}`);
      }
    };
    if (record.pid !== 0) {
      attempt(() => processes().kill(record.pid, SIGKILL));
      attempt(() => processes().reap(record.pid));
    }
    // Somebody deleted it meanwhile, and the id may be another container's.
    if (!isCurrent(root, record)) return;
    if (record.pid !== 0) attempt(() => killCgroup(record.cgroups, SIGKILL));
    attempt(() => record.scope && systemdBus().stopUnit(record.scope));
    attempt(() => destroyCgroup(record.cgroups));
    attempt(() => leaveResctrl(record));
    runAllHooks("poststop", record.hooks.poststop, hookState(record, "stopped"), (error) =>
      logWarning(error.message),
    );
    if (this.options.pidFile !== undefined && record.pid !== 0)
      attempt(() => removePidFile(this.options.pidFile));
    attempt(() => removeRecord(root, record.id));
  }
}

const systemdBus = () => require("../cgroup/systemd/bus.ts") as typeof import("../cgroup/systemd/bus.ts");
