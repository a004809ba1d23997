/** What was done for a container, from what `create` and `start` kept beside its record. Pure. */
import { NOT_MEASURED, type Timeline } from "../container/timeline.ts";
import { ACTIONS, type FailedStep } from "../plan/failure.ts";
import type { StepKind } from "../plan/steps.ts";

/** One step that was taken. The JSON of `explain CONTAINER` has them as they are. */
export interface DoneStep {
  readonly command: "create" | "start";
  /** Who did it. */
  readonly by: "runtime" | "init";
  /** Of init's: a kind of src/plan/steps.ts. */
  readonly kind?: string;
  readonly what: string;
  readonly pointer?: string;
  /** Absent where it wasn't measured. */
  readonly microseconds?: number;
  /** The error that ended it all here. */
  readonly failed?: string;
}

/** What the files beside the record hold; undefined where there is none. */
export interface Kept {
  readonly steps: readonly FailedStep[];
  readonly create: Timeline | undefined;
  readonly start: Timeline | undefined;
  /** Index of the first step that `start` sets off. */
  readonly lateFrom: number;
}

const inWords = ({ kind, path }: FailedStep): string => {
  const action = ACTIONS[kind as StepKind] ?? kind;
  return path === undefined ? action : `${action} ${path}`;
};

function hostSteps(command: DoneStep["command"], timeline: Timeline | undefined): DoneStep[] {
  return (timeline?.host ?? []).map(([what, microseconds]) => ({
    command,
    by: "runtime",
    what,
    microseconds,
  }));
}

/** The host's stages of each command, then init's steps in order; what was not reached is left out. */
export function doneSteps({ steps, create, start, lateFrom }: Kept): DoneStep[] {
  // `start` gets the durations of all steps, those of the creation among them.
  const durations = start !== undefined && start.init.length > 0 ? start.init : (create?.init ?? []);
  const failed = start?.failed;
  const isLate = (index: number) => start !== undefined && lateFrom > 0 && index >= lateFrom;
  // What comes after the word that the program is next is not told, but it was done where nothing failed.
  const waiting = start === undefined && lateFrom > 0 && create !== undefined;
  const end = failed?.step !== undefined ? failed.step + 1 : waiting ? lateFrom - 1 : steps.length;
  const done = steps.slice(0, end).map((step, index): DoneStep => {
    const took = durations[index] ?? NOT_MEASURED;
    return {
      command: isLate(index) ? "start" : "create",
      by: "init",
      kind: step.kind,
      what: inWords(step),
      ...(step.pointer === undefined ? {} : { pointer: step.pointer }),
      ...(took === NOT_MEASURED ? {} : { microseconds: took }),
      ...(failed?.step === index ? { failed: failed.message } : {}),
    };
  });
  const all = [
    ...hostSteps("create", create),
    ...done.filter(({ command }) => command === "create"),
    ...hostSteps("start", start),
    ...done.filter(({ command }) => command === "start"),
  ];
  if (failed === undefined || failed.step !== undefined) return all;
  return [...all, { command: "start", by: "runtime", what: "start the program", failed: failed.message }];
}

const HEADINGS: Readonly<Record<string, string>> = {
  "create runtime": "create, the runtime:",
  "create init": "create, the container's init:",
  "start runtime": "start, the runtime:",
  "start init": "start, the container's init:",
};

export function doneText(id: string, status: string, steps: readonly DoneStep[]): string {
  const lines = [`container ${id}: ${status}`];
  let part = "";
  for (const step of steps) {
    const now = `${step.command} ${step.by}`;
    if (now !== part) lines.push(HEADINGS[now] ?? now);
    part = now;
    const took = step.microseconds === undefined ? "-" : `${step.microseconds} us`;
    const mark = step.failed === undefined ? took : "FAILED";
    lines.push(
      `${mark.padStart(12)}  ${step.what}${step.pointer === undefined ? "" : `  [${step.pointer}]`}`,
    );
    if (step.failed !== undefined) lines.push(`              ${step.failed}`);
  }
  return `${lines.join("\n")}\n`;
}
