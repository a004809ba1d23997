/** `checkpoint`: the container's processes as CRIU's images; no part of the specification, as runc does it. */
import { resolve } from "node:path";
import { logWarning } from "../cli/log.ts";
import {
  ask,
  CriuFailure,
  checkVersion,
  FEATURE,
  findCriu,
  hasFeature,
  REQUEST,
  TELLS_STATUS,
  withOptions,
} from "../criu/client.ts";
import { externalMounts, parseMountinfo } from "../criu/mounts.ts";
import { type CheckpointOptions, dumpOptions, LOG_FILE } from "../criu/options.ts";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { configOf, criuError, forget, openDirectory } from "./criu-files.ts";
import { removeContainer } from "./delete.ts";
import { withLock } from "./lock.ts";
import type { GlobalOptions } from "./options.ts";
import { statusOf } from "./status.ts";
import { type ContainerRecord, directoryOf, readRecord } from "./store.ts";

const ACTION = "checkpoint the container";

/** Deletes the container where it was not to go on. A promise where another command had to be waited for. */
export function checkpointContainer(
  { root }: GlobalOptions,
  id: string,
  options: CheckpointOptions,
): void | Promise<void> {
  return withLock(directoryOf(root, id), id, () => {
    const record = readRecord(root, id);
    const status = statusOf(root, record);
    if (status !== "running" && status !== "paused") {
      const hint = `it is ${status}`;
      throw new OcirtError({ action: ACTION, path: id, reason: "container not running", hint });
    }
    const criu = findCriu(ACTION);
    const statusFd = statusFdOf(options);
    checkVersion(criu, ACTION, statusFd === undefined ? undefined : TELLS_STATUS);
    const need = (feature: number, what: string): void => {
      if (has(criu, feature)) return;
      throw new OcirtError({ action: ACTION, path: id, reason: `the kernel or criu can't ${what}` });
    };
    if (options["pre-dump"]) need(FEATURE.memoryTracking, "track changes of memory, which --pre-dump needs");
    if (options["lazy-pages"])
      need(FEATURE.lazyPages, "give memory when it is used (userfaultfd(2)), which --lazy-pages needs");
    dump(criu, record, options, statusFd);
    if (!options["leave-running"] && !options["pre-dump"]) removeContainer(root, record);
  });
}

function has(criu: string, feature: number): boolean {
  try {
    return hasFeature(criu, feature);
  } catch (error) {
    if (!(error instanceof CriuFailure)) throw error;
    throw new OcirtError({
      action: ACTION,
      path: criu,
      reason: `its features are not known: ${error.message}`,
    });
  }
}

const O_ACCMODE = 3;
const O_RDONLY = 0;

/** It has to be open, and to be written to. */
function statusFdOf({ "status-fd": text }: CheckpointOptions): number | undefined {
  if (text === undefined) return undefined;
  const refuse = (reason: string) =>
    new OcirtError({ action: ACTION, reason: `--status-fd ${text} is ${reason}` });
  if (!/^\d{1,9}$/.test(text)) throw refuse("no number of a descriptor");
  const fd = Number(text);
  let flags: number | undefined;
  try {
    const info = files().readText(`/proc/self/fdinfo/${fd}`);
    flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "", 8);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
  if (flags === undefined) throw refuse("no open descriptor");
  if ((flags & O_ACCMODE) === O_RDONLY) throw refuse("not open for writing");
  return fd;
}

/** As runc's: one zero byte and the end. */
function tellStatus(fd: number): void {
  try {
    files().writeFd(fd, "\0");
  } catch (error) {
    if (!isNativeError(error)) throw error;
    logWarning(`nobody reads --status-fd ${fd}: ${error.code}`);
  }
  files().close(fd);
}

function dump(
  criu: string,
  record: ContainerRecord,
  options: CheckpointOptions,
  statusFd: number | undefined,
): void {
  const images = resolve(options["image-path"]);
  const work = options["work-path"] === undefined ? undefined : resolve(options["work-path"]);
  checkParent(images, options["parent-path"]);
  const open: number[] = [];
  const directory = (path: string): number => {
    const fd = openDirectory(path);
    open.push(fd);
    return fd;
  };
  try {
    const freezer = record.cgroups.freezer ?? record.cgroups[""];
    const configFile = configOf(record);
    const message = dumpOptions(options, {
      pid: record.pid,
      rootfs: record.rootfs,
      images: directory(images),
      ...(work === undefined ? {} : { work: directory(work) }),
      ...(freezer === undefined ? {} : { freezer }),
      ...(configFile === undefined ? {} : { configFile }),
      mounts: mountsOf(record.pid),
      external: namespacesOf(record),
    });
    // An earlier log would be taken for what CRIU says now.
    forget(`${work ?? images}/${LOG_FILE}`);
    if (!options["pre-dump"]) keepDescriptors(images, record.pid);
    const type = options["pre-dump"] ? REQUEST.preDump : REQUEST.dump;
    ask(criu, type, withOptions(message), {
      onNotify: (script, _pid, fd) => {
        if (fd !== undefined) files().close(fd);
        if (script === "status-ready" && statusFd !== undefined) tellStatus(statusFd);
      },
    });
  } catch (error) {
    if (!(error instanceof CriuFailure)) throw error;
    throw criuError(ACTION, record.id, `${work ?? images}/${LOG_FILE}`, error);
  } finally {
    for (const fd of open) files().close(fd);
  }
}

function checkParent(images: string, parent: string | undefined): void {
  if (parent === undefined) return;
  if (parent.startsWith("/"))
    throw new OcirtError({
      action: ACTION,
      path: parent,
      reason: "--parent-path must be relative to --image-path",
    });
  if (files().stat(`${images}/${parent}`, true) === undefined)
    throw new OcirtError({
      action: "open the parent's images",
      path: `${images}/${parent}`,
      errno: "ENOENT",
    });
}

function mountsOf(pid: number): ReturnType<typeof externalMounts> {
  const read = (who: number | "self") => parseMountinfo(files().readText(`/proc/${who}/mountinfo`));
  const cgroups = (who: number | "self") => files().readlink(`/proc/${who}/ns/cgroup`);
  return externalMounts(read(pid), read("self"), cgroups(pid) !== cgroups("self"));
}

/** CRIU can leave these two out of the images, to be there at the restore. Others it saves as if they were new. */
const EXTERNAL = { network: ["net", "extRootNetNS"], pid: ["pid", "extRootPidNS"] } as const;

function namespacesOf({ joined = [], pid }: ContainerRecord): string[] {
  return joined.flatMap(({ type }) => {
    if (type !== "network" && type !== "pid") return [];
    const [name, key] = EXTERNAL[type];
    return [`${name}[${files().stat(`/proc/${pid}/ns/${name}`, true)?.ino}]:${key}`];
  });
}

/** What the process's first descriptors lead to: pipes among them are given anew by their names (runc's file). */
function keepDescriptors(images: string, pid: number): void {
  const targets = [0, 1, 2].map((fd) => {
    try {
      return files().readlink(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "/dev/null";
    }
  });
  const path = `${images}/descriptors.json`;
  try {
    files().writeFile(path, JSON.stringify(targets), 0o600);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new OcirtError({ action: "write the images", path, errno: error.code });
  }
}
