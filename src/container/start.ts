/** `start` (runtime.md, Lifecycle 6 to 9): the waiting process goes on to the container's program. */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { type Packet, processes } from "../native/process.ts";
import { withLock } from "./lock.ts";
import type { GlobalOptions } from "./options.ts";
import { statusOf } from "./status.ts";
import { type ContainerRecord, readRecord, startSocketOf } from "./store.ts";

/** A promise where another command had to be waited for. */
export function startContainer(global: GlobalOptions, id: string): void | Promise<void> {
  const started = withLock(global.root, id, () => release(global, id));
  // Hooks may take their time: nobody waits for them.
  return started instanceof Promise ? started.then(poststart) : poststart(started);
}

function release(global: GlobalOptions, id: string): ContainerRecord {
  const record = readRecord(global.root, id);
  const status = statusOf(global.root, record);
  if (status !== "created") throw cannotStart(id, status);
  releaseInit(global.root, record);
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

/**
 * Connects to the waiting process. It accepts one connection and closes its socket: of two concurrent
 * `start` one wins. "X" comes right before execve, whose success is the connection's end.
 */
export function releaseInit(root: string, record: ContainerRecord): void {
  const socket = startSocketOf(root, record.id);
  let packet: Packet | undefined;
  // The engine has no word for it: it closes its connection when the module begins.
  let executes = record.wasm;
  try {
    const connection = processes().connectTo(socket);
    packet = processes().receive(connection);
    if (packet?.kind === "L") packet = serveListener(connection, packet, record);
    if (packet?.kind === "X") {
      executes = true;
      packet = processes().receive(connection);
    }
    files().close(connection);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    // Refused: it waits no more. Reset: another `start` came first.
    throw cannotStart(record.id, statusOf(root, record) === "stopped" ? "stopped" : "running");
  }
  unlinkIfThere(socket);
  if (packet !== undefined) throw reported(packet, record);
  if (!executes) {
    const reason = "its process ended before it executed the program";
    throw new OcirtError({ action: "start the container", path: record.id, reason });
  }
}

/** Loaded where there is a listener: most profiles have none. */
function serveListener(connection: number, packet: Packet, record: ContainerRecord): Packet | undefined {
  const { serveStart } = require("./seccomp-agent.ts") as typeof import("./seccomp-agent.ts");
  return serveStart(connection, packet, record);
}

function unlinkIfThere(path: string): void {
  try {
    files().unlink(path);
  } catch (error) {
    if (!isNativeError(error) || error.code !== "ENOENT") throw error;
  }
}

/** What init or the engine says of its failure. Loaded when there is one: `start` is called for each container. */
function reported(packet: Packet, record: ContainerRecord): OcirtError {
  const { engineFailure, failureOf } = require("./init-failure.ts") as typeof import("./init-failure.ts");
  if (packet.kind === "E") return engineFailure(packet);
  return failureOf(packet, (index) => record.late[index - record.lateFrom] ?? { kind: "start" });
}

/** A failing poststart hook stops the container (runtime.md 1.3, Lifecycle 9). */
export function poststart(record: ContainerRecord): void {
  if (!record.hooks.poststart?.length) return;
  const { runPoststart } = require("./poststart.ts") as typeof import("./poststart.ts");
  runPoststart(record);
}
