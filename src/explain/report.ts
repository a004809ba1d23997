/** An explanation for people. Pure. */
import type { Explained, Stage } from "./types.ts";

const MARKS = { ok: "ok      ", warning: "warning ", failure: "FAILURE " } as const;

const HEADINGS: Readonly<Record<Stage, string>> = {
  host: "the runtime:",
  init: "the container's init:",
  start: "the container's init, when it is started:",
  after: "the runtime, later:",
};

export function explanationText(steps: readonly Explained[]): string {
  const lines: string[] = [];
  let stage: Stage | undefined;
  for (const step of steps) {
    if (step.stage !== stage) lines.push(HEADINGS[step.stage]);
    stage = step.stage;
    const origin = step.pointer === undefined ? "" : `  [${step.pointer}]`;
    lines.push(`${MARKS[step.status]}${step.what}${origin}`);
    if (step.reason !== undefined) lines.push(`          reason: ${step.reason}`);
    if (step.remedy !== undefined) lines.push(`          remedy: ${step.remedy}`);
  }
  const { failures, warnings } = counts(steps);
  lines.push(`${steps.length} steps: ${failures} can't be done, ${warnings} warnings`);
  return `${lines.join("\n")}\n`;
}

export function counts(steps: readonly Explained[]): { failures: number; warnings: number } {
  const count = (status: Explained["status"]) => steps.filter((one) => one.status === status).length;
  return { failures: count("failure"), warnings: count("warning") };
}
