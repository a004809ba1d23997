/** The conversation with init: its packets until it is ready, or has executed the program, or failed. */
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { interrupted } from "../hooks/interruption.ts";
import { isNativeError } from "../native/index.ts";
import { textAt, uint32At, uint64At } from "../native/packet.ts";
import { type Packet, processes, receiveToEnd } from "../native/process.ts";
import { capabilityNames } from "../plan/capabilities.ts";
import type { FailedStep } from "../plan/failure.ts";
import { engineFailure, failureOf } from "./init-failure.ts";

export interface Conversation {
  /** What a signal interrupts. */
  readonly action?: string;
  /** What the host does while init makes the mounts; init waits for its end before anything of the container runs. */
  readonly meanwhile?: () => void;
  /** What can be done while init goes on. */
  readonly afterwards?: () => void;
  /** Gets how long the steps until now took. */
  readonly onDurations?: (packet: Packet) => void;
  /** Runs what the host does at this phase; init waits meanwhile. */
  readonly onPhase?: () => void;
  /** Answers init with the source of the bind mount that is the step with that index. */
  readonly onSource?: (sync: number, step: number) => void;
  /** Serves init about its seccomp listener; whether it waits for the word to go on. */
  readonly onListener: (packet: Packet) => boolean;
  /** Gets the pid that init goes on with (exec). Whether it is to be let go on to what is the container's. */
  readonly onProcess?: (pid: number) => boolean;
  /** Gets the master of the container's terminal. The same. */
  readonly onTerminal: (master: number) => boolean;
  /** What is known of the step with that index. */
  readonly stepAt: (index: number) => FailedStep;
}

/** What ended the conversation: init waits for `start`, or its descriptor closed, for execve where it said so. */
export type Outcome = "ready" | "executed" | "closed";

/** A process that has ended gets nothing; why it did is in its last packet. */
function unlessEnded(what: () => void): void {
  try {
    what();
  } catch (error) {
    const errno = error instanceof OcirtError ? error.facts.errno : isNativeError(error) ? error.code : "";
    if (errno !== "ESRCH" && errno !== "EPIPE") throw error;
  }
}

function receiveUninterrupted(sync: number, action = "run the container"): Packet | undefined {
  try {
    return receiveToEnd(sync);
  } catch (error) {
    throw isNativeError(error) && error.code === "EINTR" ? interrupted(action) : error;
  }
}

/** Lets init go and serves it. Throws the error that it reports. */
export function converse(sync: number, pid: number, conversation: Conversation): Outcome {
  const go = () => unlessEnded(() => processes().sendGo(sync, pid));
  go();
  if (conversation.meanwhile !== undefined) {
    unlessEnded(conversation.meanwhile);
    go();
  }
  conversation.afterwards?.();
  let outcome: Outcome = "closed";
  for (;;) {
    const packet = receiveUninterrupted(sync, conversation.action);
    if (packet === undefined) return outcome;
    switch (packet.kind) {
      case "R":
        conversation.onDurations?.(packet);
        return "ready";
      case "X":
        conversation.onDurations?.(packet);
        outcome = "executed";
        break;
      case "D":
        conversation.onDurations?.(packet);
        break;
      case "P":
        if (conversation.onProcess?.(uint32At(packet, 0))) go();
        break;
      case "S":
        conversation.onPhase?.();
        go();
        break;
      case "B":
        conversation.onSource?.(sync, uint32At(packet, 0));
        break;
      case "L":
        if (conversation.onListener(packet)) go();
        break;
      case "T":
        if (packet.fd !== undefined && conversation.onTerminal(packet.fd)) go();
        break;
      case "W":
        logWarning(textAt(packet, 0));
        break;
      case "C": {
        const names = capabilityNames(uint64At(packet, 0));
        logWarning(
          `the runtime lacks and can't grant (config.json /process/capabilities): ${names.join(", ")}`,
        );
        break;
      }
      case "F":
        throw failureOf(packet, conversation.stepAt);
      case "E":
        throw engineFailure(packet);
      default:
        throw new OcirtError({ action: "talk to init", reason: `unexpected packet ${packet.kind}` });
    }
  }
}
