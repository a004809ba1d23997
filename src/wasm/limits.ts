/** Limits that the Wasm engine can't live with. Pure. */
import { OcirtError } from "../errors.ts";
import type { Spec } from "../spec/types.ts";
import { ENGINE_ADDRESS_SPACE, ENGINE_MEMORY, ENGINE_STACK, ENGINE_TASKS } from "./options.ts";

/** What limits a process: its own configuration, and the container's. */
type Limited = Pick<Spec, "process" | "linux">;

interface Need {
  /** Of the field that limits it. */
  readonly pointer: string;
  readonly limit: number | undefined;
  readonly least: number;
  readonly unit: string;
}

/** An rlimit's soft value, and its pointer. */
function rlimit(spec: Limited, type: string): { pointer: string; limit: number | undefined } {
  const index = spec.process?.rlimits?.findIndex((entry) => entry.type === type) ?? -1;
  const soft = spec.process?.rlimits?.[index]?.soft;
  return {
    pointer: `/process/rlimits/${index}/soft`,
    limit: soft === undefined ? undefined : Number(soft),
  };
}

/** The limit of the container's memory in bytes; undefined where there is none. */
export function memoryLimit(spec: Limited): number | undefined {
  const limit = Number(spec.linux?.resources?.memory?.limit ?? 0);
  return limit > 0 ? limit : undefined;
}

/** The engine ends in the middle of its work where it lacks one of these: better not to begin. */
export function checkLimits(spec: Limited): void {
  const tasks = spec.linux?.resources?.pids?.limit ?? 0;
  const resources = "/linux/resources";
  const needs: readonly Need[] = [
    {
      pointer: `${resources}/pids/limit`,
      limit: tasks > 0 ? Number(tasks) : undefined,
      least: ENGINE_TASKS,
      unit: "tasks",
    },
    {
      pointer: `${resources}/memory/limit`,
      limit: memoryLimit(spec),
      least: ENGINE_MEMORY,
      unit: "bytes of memory",
    },
    { ...rlimit(spec, "RLIMIT_AS"), least: ENGINE_ADDRESS_SPACE, unit: "bytes of address space" },
    { ...rlimit(spec, "RLIMIT_STACK"), least: ENGINE_STACK, unit: "bytes of stack" },
  ];
  for (const { pointer, limit, least, unit } of needs) {
    if (limit === undefined || limit >= least) continue;
    throw new OcirtError({
      action: "choose the handler",
      pointer,
      reason: `${limit} ${unit} are too few for the Wasm engine`,
      hint: `it needs ${least}`,
    });
  }
}
