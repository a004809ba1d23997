/** A plan for people and for programs: the dry run, and the path that an error names. */
import { ACTIONS } from "./failure.ts";
import type { ContainerPlan } from "./index.ts";
import { NAMESPACES } from "./namespaces.ts";
import { RLIMITS } from "./rlimits.ts";
import { STEPS, type Step, type StepKind } from "./steps.ts";

/** What a step is about: a path, a name, a program. */
export function subjectOf(step: Step): string | undefined {
  switch (step.kind) {
    case "findProgram":
    case "openModule":
      return step.candidates.length > 1 ? step.candidates[0]?.split("/").at(-1) : step.candidates[0];
    case "execute":
    case "engine":
      return step.args[0];
    case "sysctl":
      return step.file;
    case "hook":
    case "maskPath":
    case "readonlyPath":
    case "rootfs":
    case "workingDirectory":
      return step.path;
    case "hostname":
    case "domainname":
    case "sessionKeyring":
      return step.name;
    case "rlimit":
      return Object.keys(RLIMITS).find((name) => RLIMITS[name] === step.resource);
    default:
      return "target" in step ? step.target : undefined;
  }
}

function printable(value: unknown): unknown {
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return value;
}

/** The fields of a step but for its kind and pointer. */
export function fieldsOf(step: Step): Record<string, unknown> {
  const names = Object.keys(STEPS[step.kind as StepKind]);
  return Object.fromEntries(
    names.map((name) => [name, printable((step as unknown as Record<string, unknown>)[name])]),
  );
}

const created = (plan: ContainerPlan): string[] =>
  Object.keys(NAMESPACES).filter((type) => plan.namespaces.created.has(type as keyof typeof NAMESPACES));

export function planToJson(plan: ContainerPlan): string {
  const { namespaces } = plan;
  const value = {
    namespaces: {
      created: created(plan),
      joined: namespaces.joins.map(({ type, path }) => ({ type, path })),
    },
    steps: plan.steps.map((step, index) => ({
      index,
      kind: step.kind,
      ...(step.pointer === undefined ? {} : { pointer: step.pointer }),
      ...fieldsOf(step),
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function planToText(plan: ContainerPlan): string {
  const lines = [`create namespaces: ${created(plan).join(", ") || "none"}`];
  for (const { type, path } of plan.namespaces.joins) lines.push(`join the ${type} namespace ${path}`);
  plan.steps.forEach((step, index) => {
    const origin = step.pointer === undefined ? "" : `  [${step.pointer}]`;
    lines.push(`${String(index).padStart(3)}  ${stepText(step)}${origin}`);
  });
  return `${lines.join("\n")}\n`;
}

/** Modes are read in octal. */
const inWords = (name: string, value: unknown): unknown =>
  typeof value === "number" && (name === "mode" || name === "mask") ? `0${value.toString(8)}` : value;

/** A step in one line: what is done, to what, and its other fields. */
export function stepText(step: Step): string {
  const subject = subjectOf(step);
  const details = Object.entries(fieldsOf(step))
    .filter(([, value]) => value !== subject && value !== "" && value !== "0x0" && value !== 0)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : inWords(name, value)}`);
  const what = `${ACTIONS[step.kind]}${subject === undefined ? "" : ` ${subject}`}`;
  return step.kind === "execute" || details.length === 0 ? what : `${what} (${details.join(" ")})`;
}
