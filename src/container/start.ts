/** `start` (runtime.md, Lifecycle 6 to 9): the waiting process goes on to the container's program. */
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { interrupted } from "../hooks/interruption.ts";
import { clock } from "../native/clock.ts";
import { files, isNativeError } from "../native/index.ts";
import { uint32At } from "../native/packet.ts";
import { type Packet, processes } from "../native/process.ts";
import { lockOwn, unlock, withLock } from "./lock.ts";
import type { GlobalOptions } from "./options.ts";
import { hasExecuted, statusOf } from "./status.ts";
import { type ContainerRecord, directoryOf, isCurrent, readRecord, startSocketOf } from "./store.ts";
import { keepTimes, Stopwatch, type Timeline } from "./timeline.ts";

/** Milliseconds in which a failed init ends. */
const END_TIMEOUT = 1000;

/** A promise where the lock is one. */
export function startContainer(global: GlobalOptions, id: string): void | Promise<void> {
  const { root } = global;
  const notify = notifyOf(root, id);
  // Only the connection is made under the lock: what comes after it, hooks among it, may take its time.
  const connected = withLock(
    directoryOf(root, id),
    id,
    () => connect(root, checkCreated(root, id)),
    // A hook of its creation would wait for itself.
    () => checkCreated(root, id),
  );
  const finish = (made: Connected) => {
    awaitProgram(made);
    poststart(made.record);
    notify?.(made.record);
  };
  return connected instanceof Promise ? connected.then(finish) : finish(connected);
}

/** Where the caller has a service manager: tells it when the container is ready. */
function notifyOf(root: string, id: string): ((record: ContainerRecord) => void) | undefined {
  const host = process.env.NOTIFY_SOCKET;
  if (!host) return undefined;
  const { forwardReady, openNotifySocket } = require("./notify.ts") as typeof import("./notify.ts");
  const socket = openNotifySocket(root, id);
  return socket < 0 ? undefined : (record) => forwardReady(socket, host, record.pid, false);
}

function checkCreated(root: string, id: string): ContainerRecord {
  const record = readRecord(root, id);
  const status = statusOf(root, record);
  if (status !== "created") throw cannotStart(id, status);
  return record;
}

function cannotStart(id: string, status: string): OcirtError {
  const reasons: Readonly<Record<string, string>> = {
    stopped: "cannot start a container that has stopped",
    running: "cannot start an already running container",
    paused: "cannot start an already running container (it is paused)",
    creating: "the container is still being created",
  };
  return new OcirtError({ action: "start the container", path: id, reason: reasons[status] ?? status });
}

export interface Connected {
  /** Measures this `start`. */
  readonly watch: Stopwatch;
  readonly root: string;
  readonly record: ContainerRecord;
  readonly connection: number;
}

/**
 * Connects to the waiting process. It accepts one connection and closes its socket: of two concurrent `start`
 * one wins.
 */
export function connect(root: string, record: ContainerRecord): Connected {
  try {
    const watch = new Stopwatch();
    const connection = watch.measure("connect to init", () =>
      processes().connectTo(startSocketOf(root, record.id)),
    );
    return { root, record, connection, watch };
  } catch (error) {
    throw notWaiting(error, root, record);
  }
}

/** Refused: it waits no more. Reset: another `start` came first. */
function notWaiting(error: unknown, root: string, record: ContainerRecord): unknown {
  if (!isNativeError(error)) return error;
  if (error.code === "EINTR") return interrupted("start the container", record.id);
  return cannotStart(record.id, statusOf(root, record) === "stopped" ? "stopped" : "running");
}

/** "X" comes when only the filter and execve are left, whose success is the connection's end. */
export function awaitProgram({ root, record, connection, watch }: Connected): void {
  const from = clock().microseconds();
  let packet: Packet | undefined;
  // The engine has no word for it: it closes its connection when the module begins.
  let executes = record.wasm;
  try {
    packet = receiveReport(connection, watch);
    if (packet?.kind === "X") {
      watch.take(packet);
      packet = receiveReport(connection, watch);
      if (packet?.kind === "L")
        packet = afterDurations(connection, watch, serveListener(connection, packet, record));
      executes = packet !== undefined || hasExecuted(record.pid) !== false;
    }
  } catch (error) {
    throw notWaiting(error, root, record);
  }
  watch.add("wait until the program is executed", from);
  const error = packet === undefined ? undefined : reported(packet, record, connection);
  conclude(root, record, watch.timeline(error && { ...stepOf(packet), message: error.message }));
  if (error !== undefined) throw error;
  files().close(connection);
  if (record.late[0]?.kind === "noProcess") {
    // As crun: runtime-spec wants an error here, its validation suite a success.
    logWarning(`container \`${record.id}\` has no process to start (config.json /process), and has ended`);
  } else if (!executes) {
    const reason = "its process ended before it executed the program";
    throw new OcirtError({ action: "start the container", path: record.id, reason });
  }
}

/** Before init tells of a failure it tells how long its steps took. */
function afterDurations(
  connection: number,
  watch: Stopwatch,
  packet: Packet | undefined,
): Packet | undefined {
  if (packet?.kind !== "D") return packet;
  watch.take(packet);
  return processes().receive(connection);
}

const receiveReport = (connection: number, watch: Stopwatch): Packet | undefined =>
  afterDurations(connection, watch, processes().receive(connection));

/** Loaded where there is a listener: most profiles have none. */
function serveListener(connection: number, packet: Packet, record: ContainerRecord): Packet | undefined {
  const { serveStart } = require("./seccomp-agent.ts") as typeof import("./seccomp-agent.ts");
  return serveStart(connection, packet, record);
}

/** The index of the step that init reports; the engine knows of none. */
const stepOf = (packet: Packet | undefined) => (packet?.kind === "F" ? { step: uint32At(packet, 0) } : {});

/** The socket is of no more use; the times are kept. Meanwhile the id may have become another container's. */
function conclude(root: string, record: ContainerRecord, times: Timeline): void {
  const lock = lockOwn(directoryOf(root, record.id), record.id);
  if (lock === undefined) return;
  if (isCurrent(root, record)) {
    unlinkIfThere(startSocketOf(root, record.id));
    keepTimes(root, record.id, "start", times);
  }
  unlock(lock);
}

function unlinkIfThere(path: string): void {
  try {
    files().unlink(path);
  } catch (error) {
    if (!isNativeError(error) || error.code !== "ENOENT") throw error;
  }
}

/** What init or the engine says of its failure. Loaded when there is one: `start` is called for each container. */
function reported(packet: Packet, record: ContainerRecord, connection: number): OcirtError {
  const { engineFailure, failureOf } = require("./init-failure.ts") as typeof import("./init-failure.ts");
  try {
    if (packet.kind === "E") return engineFailure(packet);
    return failureOf(packet, (index) => record.late[index - record.lateFrom] ?? { kind: "start" });
  } finally {
    // Init keeps the container's mounts until then.
    files().close(connection);
    awaitEnd(record.pid);
  }
}

/** The container is stopped when the failure has been told. */
function awaitEnd(pid: number): void {
  try {
    const pidfd = processes().pidfdOpen(pid);
    processes().pidfdWait(pidfd, END_TIMEOUT);
    files().close(pidfd);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    // It is gone.
  }
}

/** A failing poststart hook stops the container (runtime.md 1.3, Lifecycle 9). */
export function poststart(record: ContainerRecord): void {
  if (!record.hooks.poststart?.length) return;
  const { runPoststart } = require("./poststart.ts") as typeof import("./poststart.ts");
  runPoststart(record);
}
