/** `events`: statistics and out-of-memory notices of a container, as lines of JSON in runc's form. */
import { watchOom } from "../cgroup/oom.ts";
import { json } from "../cgroup/stats/parse.ts";
import { readStats } from "../cgroup/stats/read.ts";
import { OcirtError } from "../errors.ts";
import { files, isNativeError } from "../native/index.ts";
import { processes } from "../native/process.ts";
import { watching } from "../native/watch.ts";
import type { GlobalOptions } from "./options.ts";
import { isAlive, statusOf } from "./status.ts";
import { type ContainerRecord, readRecord } from "./store.ts";

export interface EventOptions {
  /** One line of statistics, and no more. */
  readonly stats: boolean;
  /** Milliseconds between lines of statistics. */
  readonly interval: number;
  readonly emit: (line: string) => void;
}

/** Returns when the container's init has ended. Throws for one that has stopped, or has no cgroup. */
export function watchContainer({ root }: GlobalOptions, id: string, options: EventOptions): void {
  const record = readRecord(root, id);
  if (statusOf(root, record) === "stopped") throw refusal(id, `container with id ${id} is not running`);
  if (Object.keys(record.cgroups).length === 0) throw refusal(id, "it has no cgroup, which would tell them");
  const emitStats = () => options.emit(line("stats", id, readStats(record.cgroups)));
  if (options.stats) emitStats();
  else watch(record, options, emitStats);
}

function refusal(id: string, reason: string): OcirtError {
  return new OcirtError({ action: "tell the events of the container", path: id, reason });
}

function line(type: string, id: string, data?: unknown): string {
  return `${json({ type, id, data })}\n`;
}

const INIT = 0;
const OOM = 1;

function watch(record: ContainerRecord, { interval, emit }: EventOptions, emitStats: () => void): void {
  const oom = watchOom(record.cgroups);
  const pidfd = openInit(record);
  const descriptors = oom === undefined ? [pidfd] : [pidfd, oom.fd];
  for (let due = Date.now() + interval; pidfd >= 0; ) {
    const happened = watching().waitReadable(descriptors, Math.max(0, due - Date.now()));
    // What ended init is told first.
    if (happened === OOM || happened === INIT) {
      if (oom?.happened()) emit(line("oom", record.id));
      if (happened === INIT) return;
    } else if (Date.now() >= due) {
      emitStats();
      due += interval;
    }
  }
}

/** -1 where init has ended meanwhile. */
function openInit(record: ContainerRecord): number {
  try {
    const pidfd = processes().pidfdOpen(record.pid);
    if (isAlive(record)) return pidfd;
    files().close(pidfd);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
  return -1;
}
