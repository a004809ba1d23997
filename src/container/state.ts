/** `state` (runtime.md, State), with runc's further members. */
import type { State } from "../spec/types.ts";
import type { GlobalOptions } from "./options.ts";
import { statusOf } from "./status.ts";
import { type ContainerRecord, readRecord } from "./store.ts";

export type ContainerState = State & {
  readonly rootfs: string;
  readonly created: string;
  readonly owner: string;
  /** As crun tells it. */
  readonly "systemd-scope"?: string;
};

export function containerState(global: GlobalOptions, id: string): ContainerState {
  const record = readRecord(global.root, id);
  return describeState(record, statusOf(global.root, record));
}

export function describeState(record: ContainerRecord, status: string): ContainerState {
  return {
    ociVersion: record.ociVersion,
    id: record.id,
    pid: status === "stopped" ? 0 : record.pid,
    status: status as State["status"],
    bundle: record.bundle,
    rootfs: record.rootfs,
    created: record.created,
    annotations: record.annotations,
    owner: record.owner === 0 ? "root" : String(record.owner),
    ...(record.scope === undefined ? {} : { "systemd-scope": record.scope.unit }),
  };
}
