/** The process outside that answers the container's system calls (config-linux.md, Seccomp, listenerPath). */
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { type Packet, processes } from "../native/process.ts";
import { hookState } from "./hook-state.ts";
import { endInit } from "./kill.ts";
import type { ContainerRecord } from "./store.ts";

/** The one descriptor of the container process state, by the name that the specification gives it. */
const SECCOMP_FD = "seccompFd";

/** Brings agent and container together, in the two moments that init asks for it. */
export class SeccompBroker {
  readonly #record: ContainerRecord;
  readonly #pid: number;
  #agent = -1;

  /** `pid`: the process that has the filter. */
  constructor(record: ContainerRecord, pid = record.pid) {
    this.#record = record;
    this.#pid = pid;
  }

  /**
   * Serves a packet "L" of init: without a descriptor the agent is connected to, and init must be let go on; with
   * the listener it gets the container process state. Returns whether init waits for the word to go on.
   */
  serve({ fd }: Packet, status: "creating" | "created" | "running"): boolean {
    if (fd === undefined) {
      this.#connect();
      return true;
    }
    try {
      processes().sendDescriptor(
        this.#agent,
        fd,
        JSON.stringify(processState(this.#record, this.#pid, status)),
      );
    } catch (error) {
      throw failure("send the seccomp listener to the agent", this.#record, error);
    } finally {
      files().close(fd);
      this.close();
    }
    return false;
  }

  #connect(): void {
    const path = this.#record.seccompAgent?.path ?? "";
    try {
      this.#agent = processes().connectStream(path);
    } catch (error) {
      throw failure("failed to connect with seccomp agent", this.#record, error);
    }
  }

  close(): void {
    if (this.#agent >= 0) files().close(this.#agent);
    this.#agent = -1;
  }
}

/** Serves init from `start`: the first packet that is about something else. On failure the container is ended. */
export function serveStart(connection: number, first: Packet, record: ContainerRecord): Packet | undefined {
  const broker = new SeccompBroker(record);
  let packet: Packet | undefined = first;
  try {
    while (packet?.kind === "L") {
      if (broker.serve(packet, "created")) processes().sendGo(connection, record.pid);
      packet = processes().receive(connection);
    }
    return packet;
  } catch (error) {
    files().close(connection);
    endInit(record);
    throw error;
  } finally {
    broker.close();
  }
}

function failure(action: string, { seccompAgent }: ContainerRecord, error: unknown): OcirtError {
  return new OcirtError({
    action,
    path: seccompAgent?.path,
    pointer: "/linux/seccomp/listenerPath",
    errno: isNativeError(error) ? error.code : undefined,
    hint: "it must listen before the container's process runs",
  });
}

/** config-linux.md, The Container Process State. */
function processState(record: ContainerRecord, pid: number, status: string) {
  const { metadata } = record.seccompAgent ?? {};
  return {
    ociVersion: record.ociVersion,
    fds: [SECCOMP_FD],
    pid,
    ...(metadata === undefined ? {} : { metadata }),
    state: hookState(record, status),
  };
}
