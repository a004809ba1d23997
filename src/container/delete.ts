/** `delete` (runtime.md, Delete): removes what create made, and nothing else. */
import { destroyCgroup, removeEmptyCgroups } from "../cgroup/destroy.ts";
import { isFrozen, killCgroup, thaw } from "../cgroup/processes.ts";
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { files } from "../native/index.ts";
import { SIGKILL } from "../native/process.ts";
import { needSecondHalf } from "../native/second-half.ts";
import { foreignPids } from "./cgroup-owner.ts";
import { hookState } from "./hook-state.ts";
import { checkId } from "./id.ts";
import { endInit } from "./kill.ts";
import { withLock } from "./lock.ts";
import type { GlobalOptions } from "./options.ts";
import { isAlive, statusOf } from "./status.ts";
import {
  type ContainerRecord,
  directoryOf,
  doesNotExist,
  findRecord,
  isDamaged,
  isForeign,
  isUnit,
  readRecord,
  removeRecord,
} from "./store.ts";

export interface DeleteOptions {
  /** Kills what lives; an unknown id is no error. */
  readonly force: boolean;
}

/** A promise where another command had to be waited for. */
export function deleteContainer(
  global: GlobalOptions,
  id: string,
  { force }: DeleteOptions,
): void | Promise<void> {
  checkId(id);
  const { root } = global;
  const directory = directoryOf(root, id);
  // Looked at before the container is locked.
  if (isUnit(root, id)) needSecondHalf();
  if (!force) return withLock(directory, id, (there) => deleteStopped(global, id, there));
  return withLock(
    directory,
    id,
    // A container whose making begins after this is another, and not to be removed from under it.
    (there) => {
      if (there) deleteByForce(root, id);
    },
    // A creation ends with its process.
    () => endCreation(root, id),
  );
}

function endCreation(root: string, id: string): void {
  try {
    const record = findRecord(root, id);
    if (record !== undefined) endInit(record);
  } catch (error) {
    if (!isDamaged(error)) throw error;
  }
}

function deleteStopped(global: GlobalOptions, id: string, there: boolean): void {
  if (!there) throw doesNotExist(id);
  const record = readRecord(global.root, id);
  const status = statusOf(global.root, record);
  if (status !== "stopped") {
    throw new OcirtError({
      action: "delete the container",
      path: id,
      reason: `container \`${id}\` is not stopped: ${status}`,
      hint: `stop it with \`ocirt kill ${id} KILL\`, or use --force`,
    });
  }
  removeContainer(global.root, record);
}

function deleteByForce(root: string, id: string): void {
  let record: ContainerRecord | undefined;
  try {
    record = findRecord(root, id);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    // What it named is unknown, its directory is ours.
    removeRecord(root, id);
    return;
  }
  if (record !== undefined) {
    if (isAlive(record) && isFrozen(record.cgroups)) thaw(record.cgroups);
    endInit(record);
    removeContainer(root, record);
    return;
  }
  if (files().stat(directoryOf(root, id), false) === undefined) return;
  // A creation that was cut short before its record leaves nothing but the directory.
  if (isForeign(root, id)) readRecord(root, id);
  removeRecord(root, id);
}

/** Removes the groups of resctrl that are the container's own. */
export function leaveResctrl({ resctrl }: ContainerRecord): void {
  if (resctrl === undefined) return;
  const { removeGroups } = require("../cgroup/resctrl.ts") as typeof import("../cgroup/resctrl.ts");
  removeGroups(resctrl);
}

function stopScope({ scope }: ContainerRecord): void {
  if (scope === undefined) return;
  const { stopUnit } = require("../cgroup/systemd/bus.ts") as typeof import("../cgroup/systemd/bus.ts");
  stopUnit(scope);
}

/** Kills what is left in the cgroup, removes it and the record, runs the poststop hooks. */
export function removeContainer(root: string, record: ContainerRecord): void {
  const foreign = record.pid === 0 ? [] : foreignPids(root, record);
  // Before there was an init nothing in these cgroups was the container's.
  if (record.pid === 0 || foreign.length > 0) {
    removeEmptyCgroups(record.cgroups);
  } else {
    killCgroup(record.cgroups, SIGKILL);
    stopScope(record);
    destroyCgroup(record.cgroups);
    leaveResctrl(record);
  }
  if (foreign.length > 0) {
    logWarning(
      `the cgroup of container \`${record.id}\` is left: other processes are in it (${foreign.join(", ")})`,
    );
  }
  removeRecord(root, record.id);
  // A failing poststop hook is told and changes nothing (runtime.md, Lifecycle 13).
  if (!record.hooks.poststop?.length) return;
  const { runAllHooks } = require("../hooks/run.ts") as typeof import("../hooks/run.ts");
  runAllHooks("poststop", record.hooks.poststop, hookState(record, "stopped"), (error) =>
    logWarning(error.message),
  );
}
