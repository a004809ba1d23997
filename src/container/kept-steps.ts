/** What the steps of a creation were, kept for `explain`: the bundle may be another when somebody asks. */
import { subjectOf } from "../plan/describe.ts";
import type { FailedStep } from "../plan/failure.ts";
import type { Step } from "../plan/steps.ts";

/** Fields end with a NUL, which none of them can hold: JSON takes QuickJS three times as long. */
const END = "\0";

/** Kind, pointer and subject of each step. */
export function stepsToText(steps: readonly Step[]): string {
  const fields: string[] = [];
  for (const step of steps) fields.push(step.kind, step.pointer ?? "", subjectOf(step) ?? "");
  return fields.join(END) + END;
}

/** undefined where it was cut short. */
export function textToSteps(text: string): FailedStep[] | undefined {
  const fields = text.split(END);
  if (fields.pop() !== "" || fields.length === 0 || fields.length % 3 !== 0) return undefined;
  const steps: FailedStep[] = [];
  for (let at = 0; at < fields.length; at += 3) {
    const [kind = "", pointer, path] = fields.slice(at, at + 3);
    steps.push({ kind, ...(pointer ? { pointer } : {}), ...(path ? { path } : {}) });
  }
  return steps;
}
