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

/** Of a step that has no duration (native/init/durations.c). */
export const NOT_MEASURED = 0xffff_ffff;

/** What a command keeps of its part. */
export interface Timeline {
  readonly host: readonly HostStage[];
  /** Microseconds of init's steps from the first on, or NOT_MEASURED. */
  readonly init: readonly number[];
  /** What failed, with the step's index where it was one of init's. */
  readonly failed?: { readonly step?: number; readonly message: string };
}

export const timesFile = (root: string, id: string, command: "create" | "start"): string =>
  `${directoryOf(root, id)}/${KEPT}${command}.times`;

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

  /** Init's, as it sent them: u32 each, of the machine's byte order. */
  take({ data }: Packet): void {
    this.durations = Array.from(new Uint32Array(new Uint8Array(data).buffer));
  }

  timeline(failed?: Timeline["failed"]): Timeline {
    return { host: this.stages, init: this.durations, ...(failed === undefined ? {} : { failed }) };
  }
}

/** `steps`: of a creation, what its steps were (src/container/kept-steps.ts), on the lines after the first. */
export function keepTimes(
  root: string,
  id: string,
  command: "create" | "start",
  times: Timeline,
  steps = "",
): void {
  try {
    files().writeFile(timesFile(root, id, command), `${JSON.stringify(times)}\n${steps}`, 0o600);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
