/** The part that create and run share: record, cgroup, init, handshake; all undone where one fails. */
import {
  birthplace,
  createCgroup,
  destroyCgroup,
  enterSubgroup,
  handOver,
  joinCgroup,
  killCgroup,
} from "../cgroup/driver.ts";
import type { PlannedScope } from "../cgroup/plan.ts";
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { runAllHooks, runHooks } from "../hooks/run.ts";
import { clock } from "../native/clock.ts";
import { files } from "../native/index.ts";
import { type Packet, processes, SIGKILL } from "../native/process.ts";
import { subjectOf } from "../plan/describe.ts";
import type { FailedStep } from "../plan/failure.ts";
import { attempt } from "./attempt.ts";
import { leaveResctrl } from "./delete.ts";
import { keepForExec } from "./exec-base.ts";
import { converse, type Outcome } from "./handshake.ts";
import { hookState } from "./hook-state.ts";
import { writeIdMappings } from "./id-maps.ts";
import { stepsToText } from "./kept-steps.ts";
import { unlock } from "./lock.ts";
import { setForInit } from "./meanwhile.ts";
import { sendSource } from "./mount-source.ts";
import type { CreateOptions, GlobalOptions } from "./options.ts";
import { removePidFile } from "./pid-file.ts";
import { notifying, type Prepared } from "./prepare.ts";
import type { SeccompBroker } from "./seccomp-agent.ts";
import { spawnInit } from "./spawn-init.ts";
import { hasExecuted, startTimeOf } from "./status.ts";
import { type ContainerRecord, createRecord, isCurrent, removeRecord, writeRecord } from "./store.ts";
import { sendTerminal } from "./terminal.ts";
import { keepTimes, Stopwatch } from "./timeline.ts";

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
  const watch = new Stopwatch();
  watch.add("read the configuration and make the plan", prepared.began);
  const lock = watch.measure("write the record", () => createRecord(root, prepared.record));
  const launcher = new Launcher(root, options, prepared, waits, watch);
  try {
    if (prepared.notify !== undefined) notifying().makeNotifyDirectory(root, options.id);
    watch.measure("keep what exec needs", () =>
      keepForExec(root, options.id, prepared.config, prepared.plan),
    );
    const notify =
      prepared.notify === undefined || waits ? -1 : notifying().openNotifySocket(root, options.id);
    return { ...launcher.run(), lock, notify };
  } catch (error) {
    const told = launcher.told(error);
    launcher.undo();
    unlock(lock);
    throw told;
  }
}

class Launcher {
  private record: ContainerRecord;
  private master = -1;
  private broker: SeccompBroker | undefined;

  constructor(
    private readonly root: string,
    private readonly options: CreateOptions,
    private readonly prepared: Prepared,
    private readonly waits: boolean,
    private readonly watch: Stopwatch,
  ) {
    this.record = prepared.record;
  }

  run(): Omit<Launched, "lock" | "notify"> {
    const { watch, prepared } = this;
    const { spec, plan } = prepared;
    const { scope } = prepared.cgroup;
    // systemd makes the cgroup for a process that is there.
    if (scope === undefined) watch.measure("make the cgroups and write the limits", () => this.makeCgroups());
    else this.record = { ...this.record, cgroups: {} };
    const { pid, sync } = watch.measure("start init in its namespaces", () =>
      spawnInit(this.root, prepared, this.record, this.waits),
    );
    this.record = {
      ...this.record,
      pid,
      startTime: startTimeOf(pid),
      // Without the wait for `start` init goes straight on to the program.
      phase: this.waits ? "creating" : "running",
    };
    if (scope !== undefined) watch.measure("let systemd start the unit", () => this.startScope(scope, pid));
    if (plan.namespaces.created.has("user"))
      watch.measure("write the id mappings", () => writeIdMappings(spec, pid));
    let steps = "";
    const released = clock().microseconds();
    const outcome = converse(sync, pid, {
      meanwhile: () => {
        const from = clock().microseconds();
        // A pid in the record means that the cgroups in it are the container's, and may be killed.
        writeRecord(this.root, this.record);
        if (scope !== undefined) joinCgroup({ paths: birthplace(this.record.cgroups, this.ownership) }, pid);
        else if (plan.namespaces.present.has("user")) this.joinCgroups(pid);
        setForInit(prepared, this.options, pid);
        watch.add("set what only the runtime can, while init mounts", from);
      },
      // Init mounts still: it costs nobody any time.
      afterwards: () => {
        steps = stepsToText(plan.steps);
      },
      onDurations: (packet) => watch.take(packet),
      onPhase: () => watch.measure("run the prestart and createRuntime hooks", () => this.runtimeHooks()),
      onSource: (socket, index) => sendSource(socket, pid, spec, plan.steps[index]),
      onListener: (packet) => this.serveListener(packet),
      onTerminal: (master) => this.takeTerminal(master),
      stepAt: (index) => this.stepAt(index),
    });
    files().close(sync);
    watch.add("see init through its steps", released);
    this.checkOutcome(outcome, pid);
    if (this.waits) {
      this.record = { ...this.record, phase: "created" };
      writeRecord(this.root, this.record);
    }
    keepTimes(this.root, this.record.id, "create", watch.timeline(), steps);
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

  /** What led to the failure, while the cgroup can be asked. */
  told(error: unknown): unknown {
    const { starvedBy } = require("../cgroup/starved.ts") as typeof import("../cgroup/starved.ts");
    return starvedBy(this.prepared.cgroup, error, this.record.scope !== undefined);
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
