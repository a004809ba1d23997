/** `run`: create, start, and unless detached the wait for the end, in one command. */
import { logWarning } from "../cli/log.ts";
import { messageOf } from "../errors.ts";
import { files } from "../native/index.ts";
import { exitCodeOf, processes, SIGKILL } from "../native/process.ts";
import { removeContainer } from "./delete.ts";
import { type Launched, launch } from "./launch.ts";
import { lockOwn, unlock } from "./lock.ts";
import type { GlobalOptions, RunOptions } from "./options.ts";
import { notifying, type Prepared, prepare } from "./prepare.ts";
import { awaitProgram, connect, poststart } from "./start.ts";
import { type ContainerRecord, directoryOf, isCurrent } from "./store.ts";
import { checkTerminal } from "./terminal.ts";

/** The exit code of the container's process; 0 when detached. */
export function runContainer(global: GlobalOptions, options: RunOptions): number {
  const prepared = prepare(global, options, false);
  const terminal = prepared.spec.process?.terminal ?? false;
  if (options.detach || options.consoleSocket !== undefined) checkTerminal(terminal, options.consoleSocket);
  if (options.detach) return runDetached(global, options, prepared);
  processes().forwardSignals();
  if (!options.noSubreaper) processes().setSubreaper();
  const launched = start(global, options, prepared);
  try {
    passOnReady(prepared, launched, true);
    return superviseContainer(launched);
  } finally {
    if (!options.keep) removeEnded(global, launched);
  }
}

function runDetached(global: GlobalOptions, options: RunOptions, prepared: Prepared): number {
  passOnReady(prepared, start(global, options, prepared), false);
  return 0;
}

function passOnReady({ notify }: Prepared, launched: Launched, background: boolean): void {
  if (notify === undefined || launched.notify < 0) return;
  notifying().forwardReady(launched.notify, notify, launched.pid, background);
}

/** A Wasm module's engine waits for `start` in any case; an ordinary process goes straight on. */
function start(global: GlobalOptions, options: RunOptions, prepared: Prepared): Launched {
  const launched = launch(global, options, prepared, prepared.plan.wasm);
  try {
    const connected = prepared.plan.wasm ? connect(global.root, launched.record) : undefined;
    unlock(launched.lock);
    if (connected !== undefined) awaitProgram(connected);
    poststart(launched.record);
  } catch (error) {
    endAndRemove(global, launched);
    throw error;
  }
  return launched;
}

/** Unless somebody deleted it meanwhile. */
export function removeEnded({ root }: GlobalOptions, { record }: Launched): void {
  const lock = lockOwn(directoryOf(root, record.id), record.id);
  if (lock === undefined) return;
  removeOwn(root, record);
  unlock(lock);
}

/** Unless somebody deleted it meanwhile: then the id may be another container's. */
function removeOwn(root: string, record: ContainerRecord): void {
  if (isCurrent(root, record)) removeContainer(root, record);
}

function endAndRemove(global: GlobalOptions, launched: Launched): void {
  try {
    processes().kill(launched.pid, SIGKILL);
    processes().reap(launched.pid);
    removeOwn(global.root, launched.record);
  } catch (error) {
    // What led here is the error to be told.
    logWarning(messageOf(error));
  }
}

/** Forwards signals and serves the terminal until it ends; its exit code. */
export function superviseContainer(launched: Launched): number {
  const { pid, master } = launched;
  const pidfd = processes().pidfdOpen(pid);
  const status = processes().supervise(pid, pidfd, master);
  files().close(pidfd);
  return exitCodeOf(status);
}
