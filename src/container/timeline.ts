/**
 * How long a creation and a start took, kept beside the record for `explain`. What is kept is written while init is
 * busy or when the process runs, and nothing fails for want of it: no container is refused because of its times.
 */
import { clock } from "../native/clock.ts";
import { files, isNativeError } from "../native/index.ts";
import type { Packet } from "../native/process.ts";
import { directoryOf, KEPT } from "./store.ts";

/** A stage of the runtime's own, in words, and its microseconds. */
export type HostStage = readonly [what: string, microseconds: number];

/** What a command keeps of its part. */
export interface Timeline {
  readonly host: readonly HostStage[];
  /** Microseconds of init's steps from the first on; -1 where it was not measured. */
  readonly init: readonly number[];
  /** What failed, with the step's index where it was one of init's. */
  readonly failed?: { readonly step?: number; readonly message: string };
}

export const timesFile = (root: string, id: string, command: "create" | "start"): string =>
  `${directoryOf(root, id)}/${KEPT}${command}.json`;

export class Stopwatch {
  private readonly stages: HostStage[] = [];
  private durations: readonly number[] = [];

  /** Runs a stage. Those inside of another are told before it. */
  measure<T>(what: string, stage: () => T): T {
    const from = clock().microseconds();
    const result = stage();
    this.add(what, from);
    return result;
  }

  /** A stage that began at that reading of the clock and ends now. */
  add(what: string, from: number): void {
    this.stages.push([what, clock().microseconds() - from]);
  }

  /** Init's, as it sent them: u32 each, all bits set where it was not measured. */
  take({ data }: Packet): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const durations: number[] = [];
    for (let at = 0; at + 4 <= data.byteLength; at += 4) {
      const took = view.getUint32(at, true);
      durations.push(took === 0xffff_ffff ? -1 : took);
    }
    this.durations = durations;
  }

  timeline(failed?: Timeline["failed"]): Timeline {
    return { host: this.stages, init: this.durations, ...(failed === undefined ? {} : { failed }) };
  }
}

export function keepTimes(root: string, id: string, command: "create" | "start", times: Timeline): void {
  keep(timesFile(root, id, command), JSON.stringify(times));
}

/** Writes a file beside the record. */
export function keep(path: string, text: string): void {
  try {
    files().writeFile(path, text, 0o600);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
