/** `restore`: a container out of CRIU's images; no part of the specification, as runc does it. */
import { resolve } from "node:path";
import { createCgroup, destroyCgroup, handOver, joinCgroup, killCgroup } from "../cgroup/driver.ts";
import { logWarning } from "../cli/log.ts";
import { ask, CriuFailure, checkVersion, findCriu, REQUEST } from "../criu/client.ts";
import { RESTORE_LOG, type RestoreOptions, restoreOptions } from "../criu/restore-options.ts";
import { OcirtError } from "../errors.ts";
import { runAllHooks, runHooks } from "../hooks/run.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes, SIGKILL } from "../native/process.ts";
import { attempt } from "./attempt.ts";
import { configOf, criuError, forget, O_DIRECTORY_CLOEXEC, openDirectory } from "./criu-files.ts";
import { leaveResctrl } from "./delete.ts";
import { keepForExec } from "./exec-base.ts";
import { hookState } from "./hook-state.ts";
import { unlock } from "./lock.ts";
import type { CreateOptions, GlobalOptions } from "./options.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { cgroupRoots, descriptorsOf, externalSources, namespacesToJoin } from "./restore-facts.ts";
import { removeEnded, superviseContainer } from "./run.ts";
import { startTimeOf } from "./status.ts";
import { type ContainerRecord, createRecord, directoryOf, removeRecord, writeRecord } from "./store.ts";
import { checkTerminal, sendTerminal } from "./terminal.ts";

const ACTION = "restore the container";
const NO_DESCRIPTOR = -1;
const O_CLOEXEC = 0o2000000;
/** Milliseconds. */
const LONGEST_START = 10_000;

/**
 * The rootfs has to be a mount of its own. CRIU is given one in a mount namespace that ends with it, so that nothing
 * has to be unmounted, whatever happens. util-linux's programs make it.
 */
const IN_OWN_MOUNTS = 'mount --rbind -- "$1" "$2" && exec "$3" swrk 3';

/** The exit code of the container's process; 0 when detached. Of a restore that fails nothing is left. */
export function restoreContainer(global: GlobalOptions, id: string, options: RestoreOptions): number {
  const pidFile = options["pid-file"];
  const consoleSocket = options["console-socket"];
  const { detach } = options;
  const prepared = prepare(
    global,
    {
      id,
      bundle: options.bundle,
      preserveFds: 0,
      noPivot: options["no-pivot"],
      noNewKeyring: false,
      ...(pidFile === undefined ? {} : { pidFile }),
      ...(consoleSocket === undefined ? {} : { consoleSocket }),
    } satisfies CreateOptions,
    false,
  );
  if (detach || consoleSocket !== undefined)
    checkTerminal(prepared.spec.process?.terminal ?? false, consoleSocket);
  const images = resolve(options["image-path"]);
  if (files().stat(images, true) === undefined)
    throw new OcirtError({ action: "open the images", path: images, errno: "ENOENT" });
  const criu = findCriu(ACTION);
  checkVersion(criu, ACTION);
  if (!detach) processes().forwardSignals();
  if (!detach && !options["no-subreaper"]) processes().setSubreaper();
  const lock = createRecord(global.root, prepared.record);
  const restoration = new Restoration(global.root, prepared, options, criu, images);
  try {
    restoration.run();
  } catch (error) {
    restoration.undo();
    throw error;
  } finally {
    unlock(lock);
  }
  if (detach) return 0;
  const { record, master } = restoration;
  const launched = { record, pid: record.pid, master, lock, notify: NO_DESCRIPTOR };
  try {
    return superviseContainer(launched);
  } finally {
    removeEnded(global, launched);
  }
}

class Restoration {
  record: ContainerRecord;
  /** The terminal's master where no console socket took it. */
  master = NO_DESCRIPTOR;
  private criuPid = 0;
  private criuPidfd = NO_DESCRIPTOR;
  private readonly open: number[] = [];

  constructor(
    private readonly root: string,
    private readonly prepared: Prepared,
    private readonly options: RestoreOptions,
    private readonly criu: string,
    private readonly images: string,
  ) {
    this.record = prepared.record;
  }

  run(): void {
    const { root, prepared, options, images } = this;
    const { id } = this.record;
    keepForExec(root, id, prepared.config, prepared.plan);
    const mountPoint = `${directoryOf(root, id)}/ocirt.criu-root`;
    files().mkdir(mountPoint, 0o700);
    const work = options["work-path"] === undefined ? images : resolve(options["work-path"]);
    const log = `${work}/${RESTORE_LOG}`;
    try {
      const { joins, external } = namespacesToJoin(prepared.spec);
      const namespaces = external.map(
        ([key, path], index) => [key, this.hold(path, O_CLOEXEC), index + 4] as const,
      );
      // An earlier log would be taken for what CRIU says now.
      forget(log);
      ask(this.criu, REQUEST.restore, undefined, {
        command: [
          "unshare",
          "--mount",
          "sh",
          "-c",
          IN_OWN_MOUNTS,
          "sh",
          this.record.rootfs,
          mountPoint,
          this.criu,
        ],
        descriptors: namespaces.map(([, fd]) => fd),
        onStart: (pid) => {
          this.takeCriu(pid);
          awaitOwnMounts(pid);
          const configFile = configOf(this.record);
          return restoreOptions(options, {
            root: mountPoint,
            images: this.directory(images, pid),
            ...(work === images ? {} : { work: this.directory(work, pid) }),
            ...(configFile === undefined ? {} : { configFile }),
            mounts: externalSources(prepared.spec, prepared.cgroup),
            inherited: [
              ...descriptorsOf(images),
              ...namespaces.map(([key, , number]) => [key, number] as const),
            ],
            cgroups: cgroupRoots(prepared.cgroup),
            joins,
          });
        },
        onNotify: (script, pid, fd) => this.onNotify(script, pid, fd),
      });
      this.awaitCriu();
      if (this.record.phase !== "running") throw new CriuFailure("it never told the container's process");
    } catch (error) {
      throw error instanceof CriuFailure ? criuError(ACTION, id, log, error) : error;
    } finally {
      for (const fd of this.open) files().close(fd);
    }
    files().rmdir(mountPoint);
  }

  private hold(path: string, flags: number): number {
    try {
      const fd = files().open(path, flags, 0);
      this.open.push(fd);
      return fd;
    } catch (error) {
      if (!isNativeError(error)) throw error;
      throw new OcirtError({ action: "open what CRIU needs", path, errno: error.code });
    }
  }

  /** As CRIU's mount namespace has it: it mounts things below it. */
  private directory(path: string, criuPid: number): number {
    files().close(openDirectory(path));
    return this.hold(`/proc/${criuPid}/root${files().realpath(path)}`, O_DIRECTORY_CLOEXEC);
  }

  /** What CRIU makes is born where CRIU is. With its pid in the record all of it can be removed at any moment. */
  private takeCriu(pid: number): void {
    const { prepared, root } = this;
    const { scope } = prepared.cgroup;
    this.criuPid = pid;
    this.criuPidfd = processes().pidfdOpen(pid);
    this.open.push(this.criuPidfd);
    this.record = { ...this.record, cgroups: {} };
    if (scope !== undefined) {
      const { properties, subgroup: _, ...unit } = scope;
      systemdBus().startUnit(unit, properties, pid);
      this.record = { ...this.record, scope: unit };
    }
    this.record = { ...this.record, cgroups: createCgroup(prepared.cgroup) };
    handOver(this.record.cgroups, prepared.cgroup.ownership ?? {});
    this.record = { ...this.record, pid, startTime: startTimeOf(pid) };
    writeRecord(root, this.record);
    joinCgroup({ paths: this.record.cgroups }, pid);
  }

  /** Its answer is not its end, and until then it is in the container's cgroup, which a short program leaves sooner. */
  private awaitCriu(): void {
    const pidfd = this.criuPidfd;
    if (!processes().pidfdWait(pidfd, LONGEST_START)) processes().pidfdSignal(pidfd, SIGKILL);
  }

  private onNotify(script: string, pid: number, fd: number | undefined): void {
    if (script === "setup-namespaces") {
      const { hooks } = this.prepared.spec;
      const record = { ...this.record, pid };
      runHooks("prestart", hooks?.prestart, hookState(record, "created"));
      runHooks("createRuntime", hooks?.createRuntime, hookState(record, "creating"));
    } else if (script === "post-restore") {
      const pidFile = this.options["pid-file"];
      this.record = { ...this.record, pid, startTime: startTimeOf(pid), phase: "running" };
      writeRecord(this.root, this.record);
      if (pidFile !== undefined) writePidFile(pidFile, pid);
    }
    if (fd === undefined) return;
    const consoleSocket = this.options["console-socket"];
    if (script !== "orphan-pts-master") files().close(fd);
    else if (consoleSocket === undefined) this.master = fd;
    else sendTerminal(consoleSocket, fd);
  }

  /** Leaves nothing: CRIU, what it made, the cgroup, the record. The error that led here is the one to be told. */
  undo(): void {
    const { record, root } = this;
    for (const pid of new Set([this.criuPid, record.pid])) attempt(() => killIfThere(pid));
    if (this.criuPid !== 0) {
      attempt(() => killCgroup(record.cgroups, SIGKILL));
      attempt(() => record.scope && systemdBus().stopUnit(record.scope));
      attempt(() => destroyCgroup(record.cgroups));
      attempt(() => leaveResctrl(record));
    }
    runAllHooks("poststop", record.hooks.poststop, hookState(record, "stopped"), (error) =>
      logWarning(error.message),
    );
    if (record.phase === "running") attempt(() => removePidFile(this.options["pid-file"]));
    attempt(() => removeRecord(root, record.id));
  }
}

/** Until the child has left this process's mount namespace. */
function awaitOwnMounts(pid: number): void {
  const own = files().readlink("/proc/self/ns/mnt");
  for (let waited = 0; waited < LONGEST_START; waited++) {
    try {
      if (files().readlink(`/proc/${pid}/ns/mnt`) !== own) return;
    } catch (error) {
      if (!isNativeError(error)) throw error;
      break;
    }
    processes().sleep(1);
  }
  throw new CriuFailure("it was not started in a mount namespace of its own, by `unshare` of util-linux");
}

function killIfThere(pid: number): void {
  if (pid === 0) return;
  try {
    processes().kill(pid, SIGKILL);
  } catch (error) {
    if (!isNativeError(error) || error.code !== "ESRCH") throw error;
  }
}

const systemdBus = () => require("../cgroup/systemd/bus.ts") as typeof import("../cgroup/systemd/bus.ts");
