/**
 * The state directory: `<root>/<id>/ocirt.json` says what was intended; what is, the kernel says (status.ts).
 * The record is written before the first side effect and replaced atomically.
 */
import type { Scope } from "../cgroup/systemd/bus.ts";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import type { Hooks, NamespaceType, StringMap } from "../spec/types.ts";
import { lockOwn, unlock } from "./lock.ts";

export const RECORD = "ocirt.json";
const START_SOCKET = "start.sock";
/** How the names of all other files of ours begin. */
export const KEPT = "ocirt.";

/** A step that runs after `start`, for the errors of `start`. */
export interface LateStep {
  readonly kind: string;
  readonly pointer?: string;
  readonly path?: string;
}

/** The process that answers system calls with the action SCMP_ACT_NOTIFY. */
export interface SeccompAgent {
  /** Its socket, absolute. */
  readonly path: string;
  /** Opaque to the runtime. */
  readonly metadata?: string;
}

export interface ContainerRecord {
  /** The record's format. */
  readonly version: 1;
  readonly ociVersion: string;
  readonly id: string;
  /** Tells it from another container that had or gets the same id. */
  readonly nonce: string;
  /** creating until init is set up; then the kernel knows. */
  readonly phase: "creating" | "created" | "running";
  /** 0 before init is there. */
  readonly pid: number;
  /** Clock ticks since boot, of /proc/PID/stat: a pid that was reused has another. */
  readonly startTime: string;
  readonly bundle: string;
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  /** The uid that created it. */
  readonly owner: number;
  readonly annotations: StringMap;
  /** Its cgroups: hierarchy to absolute path. */
  readonly cgroups: Readonly<Record<string, string>>;
  /** The systemd unit that they are, where systemd is the cgroup manager. */
  readonly scope?: Scope;
  readonly hooks: Pick<Hooks, "poststart" | "poststop">;
  /** Index of the first of `late` in the plan. */
  readonly lateFrom: number;
  readonly late: readonly LateStep[];
  /** Groups of resctrl that go with the container, in the order of their removal. */
  readonly resctrl?: readonly string[];
  /** Who gets the seccomp listener; absent where no rule has one. */
  readonly seccompAgent?: SeccompAgent;
  /** Whether its process is the Wasm engine. */
  readonly wasm: boolean;
  /** Whether it has a pid namespace of its own. */
  readonly privatePids: boolean;
  /** The namespaces that it was told to join. */
  readonly joined?: readonly { readonly type: NamespaceType; readonly path: string }[];
}

export const directoryOf = (root: string, id: string): string => `${root}/${id}`;
export const startSocketOf = (root: string, id: string): string => `${root}/${id}/${START_SOCKET}`;

export function doesNotExist(id: string): OcirtError {
  return new OcirtError({
    action: "find the container",
    path: id,
    reason: `container \`${id}\` does not exist`,
    hint: "`ocirt list` shows those that do",
  });
}

/**
 * Makes the container's directory with its first record. The directory's creation decides who has the id. Returns
 * the container's lock, which the caller has to give up.
 */
export function createRecord(root: string, record: ContainerRecord): number {
  const directory = directoryOf(root, record.id);
  for (;;) {
    makeDirectory(root, directory, record.id);
    const lock = lockOwn(directory, record.id);
    // Another command has taken it for the rest of a creation that was cut short.
    if (lock === undefined) continue;
    // Or it was taken, and what has its name by now is another creation's, which came first.
    if (isRecorded(directory)) {
      unlock(lock);
      continue;
    }
    try {
      writeRecord(root, record);
      return lock;
    } catch (error) {
      removeRecord(root, record.id);
      unlock(lock);
      throw new OcirtError({ action: "write the container's state", path: directory, cause: error });
    }
  }
}

const isRecorded = (directory: string): boolean =>
  files().stat(`${directory}/${RECORD}`, false) !== undefined;

function makeDirectory(root: string, directory: string, id: string): void {
  try {
    files().mkdirAll(root, 0o711);
    // Only its owner may reach the start socket in it.
    files().mkdir(directory, 0o700);
  } catch (error) {
    if (isNativeError(error) && error.code === "EEXIST") {
      throw new OcirtError({
        action: "create the container",
        path: id,
        reason: `container with the ID \`${id}\` already exists`,
        hint: `choose another id, or remove it with \`ocirt delete ${id}\``,
      });
    }
    throw new OcirtError({ action: "make the state directory", path: directory, cause: error });
  }
}

export function writeRecord(root: string, record: ContainerRecord): void {
  files().writeAtomic(`${directoryOf(root, record.id)}/${RECORD}`, JSON.stringify(record), 0o600);
}

/** The record; an OcirtError where there is no such container, or it is another runtime's. */
export function readRecord(root: string, id: string): ContainerRecord {
  const record = findRecord(root, id);
  if (record !== undefined) return record;
  const directory = directoryOf(root, id);
  if (files().stat(directory, false) === undefined) throw doesNotExist(id);
  throw new OcirtError({
    action: "read the container's state",
    path: directory,
    reason: isForeign(root, id)
      ? "the directory was written by another runtime"
      : `container \`${id}\` does not exist: its creation was cut short`,
    hint: isForeign(root, id)
      ? "use that runtime for it"
      : `\`ocirt delete --force ${id}\` removes what is left`,
  });
}

/** The record, or undefined where there is none. */
export function findRecord(root: string, id: string): ContainerRecord | undefined {
  const path = `${directoryOf(root, id)}/${RECORD}`;
  let text: string;
  try {
    text = files().readText(path);
  } catch (error) {
    if (isNativeError(error) && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw new OcirtError({ action: "read the container's state", path, cause: error });
  }
  try {
    return JSON.parse(text) as ContainerRecord;
  } catch (error) {
    throw new OcirtError({
      action: "read the container's state",
      path,
      reason: "it is damaged",
      hint: `\`ocirt delete --force ${id}\` removes what is left`,
      cause: error,
    });
  }
}

/** Whether a directory without our record holds somebody else's files. */
export function isForeign(root: string, id: string): boolean {
  return files()
    .readdir(directoryOf(root, id))
    .some((name) => name !== START_SOCKET && !name.startsWith(KEPT) && !name.startsWith(`.${KEPT}`));
}

/** Whether an error of findRecord is about what the record holds; any other may pass. */
export function isDamaged(error: unknown): boolean {
  return error instanceof OcirtError && error.facts.cause instanceof SyntaxError;
}

/** Whether the directory still holds this very container, and not a later one with its id. */
export function isCurrent(root: string, record: ContainerRecord): boolean {
  try {
    return findRecord(root, record.id)?.nonce === record.nonce;
  } catch {
    return false;
  }
}

export function removeRecord(root: string, id: string): void {
  files().removeTree(directoryOf(root, id));
}

/** The ids below a root, sorted; none where the root does not exist. Hidden directories are the runtime's. */
export function listIds(root: string): string[] {
  if (files().stat(root, true) === undefined) return [];
  return files()
    .readdir(root)
    .filter((name) => !name.startsWith("."));
}

/** Whether the container's cgroup is a unit of systemd's, which has to be told; false where the record can't be read. */
export function isUnit(root: string, id: string): boolean {
  try {
    return findRecord(root, id)?.scope !== undefined;
  } catch {
    return false;
  }
}
