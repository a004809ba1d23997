import type { HookState } from "../hooks/run.ts";
import type { ContainerRecord } from "./store.ts";

/** The state for a hook of the runtime. */
export function hookState(record: ContainerRecord, status: string): HookState {
  const { ociVersion, id, pid, bundle, annotations } = record;
  return { ociVersion, id, status, pid: status === "stopped" ? 0 : pid, bundle, annotations };
}
