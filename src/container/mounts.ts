/** `mounts`: mounts made and removed in a container that runs, as crun has it. */
import { logWarning } from "../cli/log.ts";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { subjectOf } from "../plan/describe.ts";
import { mountSteps, type Target, unmountSteps } from "../plan/runtime-mounts.ts";
import type { Step } from "../plan/steps.ts";
import { parseSpec } from "../spec/load.ts";
import type { Spec } from "../spec/types.ts";
import { spawnJoiner } from "./exec-start.ts";
import { converse } from "./handshake.ts";
import { withInit } from "./kill.ts";
import { withLock } from "./lock.ts";
import { sendSource } from "./mount-source.ts";
import { namespacesOf } from "./namespaces-of.ts";
import type { GlobalOptions } from "./options.ts";
import { statusOf } from "./status.ts";
import { type ContainerRecord, directoryOf, readRecord } from "./store.ts";

export type MountsAction = "add" | "remove";

/**
 * `file`: a JSON array of mounts, as in config.json. All are added, or none is. Throws an OcirtError; its pointer begins
 * at the array. A promise where another command had to be waited for.
 */
export function changeMounts(
  { root }: GlobalOptions,
  action: MountsAction,
  id: string,
  file: string,
): void | Promise<void> {
  return withLock(directoryOf(root, id), id, () => {
    const record = readRecord(root, id);
    check(root, record);
    const spec = readMounts(file);
    try {
      if (action === "add") add(record, spec);
      else remove(record, spec);
    } catch (error) {
      throw error instanceof OcirtError ? inFile(error) : error;
    }
  });
}

function check(root: string, record: ContainerRecord): void {
  const refuse = (reason: string) =>
    new OcirtError({ action: "change the mounts of the container", path: record.id, reason });
  const status = statusOf(root, record);
  if (status !== "running" && status !== "created") throw refuse(`the container is ${status}`);
  if (record.joined?.some(({ type }) => type === "mount")) {
    throw refuse("it has joined a mount namespace, which is not its own to change");
  }
}

function readMounts(file: string): Spec {
  let text: string;
  try {
    text = files().readText(file);
  } catch (error) {
    const errno = isNativeError(error) ? error.code : undefined;
    throw new OcirtError({ action: "read the mounts", path: file, errno });
  }
  if (!/^\s*\[/.test(text)) {
    throw new OcirtError({ action: "read the mounts", path: file, reason: "it is no JSON array of mounts" });
  }
  // The mounts of a configuration, and checked as one.
  return parseSpec(`{"ociVersion":"1.0.0","root":{"path":"/"},"mounts":${text}}`, file);
}

/** "/mounts/0/options" of a configuration is "/0/options" of the file. */
function inFile(error: OcirtError): OcirtError {
  const { pointer } = error.facts;
  if (pointer === undefined) return error;
  return new OcirtError({ ...error.facts, pointer: pointer.replace(/^\/mounts/, ""), document: "mounts" });
}

function add(record: ContainerRecord, spec: Spec): void {
  const { mounts = [] } = spec;
  const target = targetOf(record);
  const context = {
    bundle: record.bundle,
    cgroups: [],
    cgroupVersion: 2,
    warn: logWarning,
    selinux: () => false,
  } as const;
  // All are planned before the first is made.
  const plans = mounts.map((_, index) => mountSteps(spec, index, target, context));
  plans.forEach((steps, index) => {
    try {
      carryOut(record, spec, steps);
    } catch (error) {
      for (let made = index - 1; made >= 0; made--) unmount(record, spec, made, target);
      throw error;
    }
  });
}

/** The last that was added first: they may lie in each other. */
function remove(record: ContainerRecord, spec: Spec): void {
  const target = targetOf(record);
  for (let index = (spec.mounts?.length ?? 0) - 1; index >= 0; index--) unmount(record, spec, index, target);
}

function unmount(record: ContainerRecord, spec: Spec, index: number, target: Target): void {
  const mount = spec.mounts?.[index];
  if (mount !== undefined) carryOut(record, spec, unmountSteps(mount, index, target));
}

const targetOf = (record: ContainerRecord): Target => ({ pid: record.pid, namespaces: namespacesOf(record) });

/** Has an init go into the container, take the steps and end. */
function carryOut(record: ContainerRecord, spec: Spec, steps: readonly Step[]): void {
  const done = withInit(record, (target) => {
    const { joiner, sync } = spawnJoiner(steps, { target, cgroup: undefined, preserveFds: 0, kept: [] });
    let pid = 0;
    try {
      converse(sync, joiner, {
        action: "change the mounts",
        onProcess: (inside) => {
          pid = inside;
          processes().reap(joiner);
          return true;
        },
        onSource: (socket, index) => sendSource(socket, record.pid, spec, steps[index]),
        onListener: () => false,
        onTerminal: () => false,
        stepAt: (index) => stepAt(steps, index),
      });
    } finally {
      files().close(sync);
      processes().reap(pid === 0 ? joiner : pid);
    }
    return true;
  });
  if (done === undefined) {
    throw new OcirtError({
      action: "change the mounts of the container",
      path: record.id,
      reason: "it has stopped",
    });
  }
}

function stepAt(steps: readonly Step[], index: number) {
  const step = steps[index];
  if (step === undefined) return { kind: "read the plan" };
  const { kind, pointer } = step;
  return { kind, path: subjectOf(step), ...(pointer === undefined ? {} : { pointer }) };
}
