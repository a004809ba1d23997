/** The facade of processes: init's start, its packets, signals, waiting, hooks, the terminal. */
import { isNativeError, native } from "./index.ts";

export const SIGKILL = 9;

export interface SpawnRequest {
  /** The encoded plan (src/plan/encode.ts). */
  readonly plan: Uint8Array;
  /** CLONE_NEW* of clone3(2). */
  readonly flags: number;
  /** A directory of cgroup v2 for CLONE_INTO_CGROUP, or -1. */
  readonly cgroup: number;
  /** How many descriptors from 3 on are the container's. */
  readonly keep: number;
  /** Which of those the caller has really opened. */
  readonly kept: readonly number[];
  /** Whether init keeps its capabilities over the exec though it isn't root yet (user namespaces). */
  readonly carry: boolean;
  /** Descriptors for init, by the plan's index; -1 leaves an index free. */
  readonly pass: readonly number[];
  /** Namespaces to join: descriptor, CLONE_NEW*, descriptor, … */
  readonly joins: readonly number[];
}

/** A packet from init, or from the Wasm engine's helper. */
export interface Packet {
  readonly kind: string;
  readonly data: Uint8Array;
  readonly fd?: number;
}

export interface ChildRequest {
  readonly path: string;
  readonly args: readonly string[];
  /** Absent: the caller's. */
  readonly env?: readonly string[];
  /** Empty: the caller's. */
  readonly cwd: string;
  readonly input: string;
  /** Milliseconds; 0: none. */
  readonly timeout: number;
  /** Where stdout and stderr go; -1 keeps their end in the result. */
  readonly out: number;
  readonly err: number;
}

export interface ChildResult {
  /** As of wait(2); -1 where it never ran. */
  readonly status: number;
  /** errno's name of what failed before it ran. */
  readonly error?: string;
  readonly timedOut: boolean;
  /** Whether it was killed because a signal asks the runtime to end. */
  readonly interrupted: boolean;
  readonly output: string;
}

export interface TreeRequest {
  readonly path: string;
  readonly recursive: boolean;
  readonly noFollow: boolean;
  /** A user namespace whose mapping the mount gets, or -1. */
  readonly userns: number;
  /** Whether the mounts below get it too. */
  readonly mapAll: boolean;
  /** ro, nosuid and nodev, before anybody else has it. */
  readonly readOnly: boolean;
}

export interface Processes {
  /** Which of the descriptors 3 to 2+count the caller has opened; to be asked before anything is opened here. */
  callersDescriptors(count: number): number[];
  spawn(request: SpawnRequest): { readonly pid: number; readonly sync: number };
  /** undefined at the end. Throws EINTR where a signal asks the runtime to end. */
  receive(fd: number): Packet | undefined;
  /** Two connected packet sockets. */
  socketPair(): [number, number];
  /** Lets init go on, and tells its pid. */
  sendGo(fd: number, pid: number): void;
  /** Answers init's request for the source of a bind mount that it can't open by itself. */
  sendTree(fd: number, request: TreeRequest): void;
  /** A child in a new user namespace; it ends by a signal. */
  holdUserNamespace(): number;
  listenAt(path: string): number;
  connectTo(path: string): number;
  /** A stream socket, connected. */
  connectStream(path: string): number;
  /** The text, which may not be empty, with a descriptor. */
  sendDescriptor(socket: number, fd: number, text: string): void;
  pidfdOpen(pid: number): number;
  pidfdSignal(pidfd: number, signal: number): void;
  /** Whether the process ended within that many milliseconds; -1 waits without end. */
  pidfdWait(pidfd: number, milliseconds: number): boolean;
  /** The wait status of a child. */
  reap(pid: number): number;
  kill(pid: number, signal: number): void;
  runChild(request: ChildRequest): ChildResult;
  setSubreaper(): void;
  /** A descriptor of a sealed copy of the addon, which any uid may load. */
  addonMemory(): number;
  /**
   * From now on signals are collected, to be forwarded by supervise. Until then those that ask to end also end the wait
   * for a hook and for a packet.
   */
  forwardSignals(): void;
  /** The number of the signal that asks the runtime to end, which is thereby taken; 0: none. */
  takeInterruption(): number;
  /** Forwards signals and serves the terminal (master, or -1) until the child ends; its wait status. */
  supervise(pid: number, pidfd: number, master: number): number;
  /** Columns and rows of the caller's terminal; undefined where it has none. */
  terminalSize(): readonly [number, number] | undefined;
  /** The caller's soft limit of open files, which this process has raised for itself; undefined: not known. */
  callersOpenFiles(): number | undefined;
  /** "ENOENT" for 2. */
  errnoName(number: number): string;
  /** Blocks for that many milliseconds. */
  sleep(milliseconds: number): void;
  /** Ends the process at once: nothing is flushed, no handler runs. */
  exit(code: number): never;
}

export const processes = (): Processes => native<Processes>();

/**
 * The next packet of a socket whose other end may be gone. An end that closes with packets unread resets the
 * socket; that is told once, and what it had sent before can be received after it.
 */
export function receiveToEnd(fd: number): Packet | undefined {
  try {
    return processes().receive(fd);
  } catch (error) {
    if (isNativeError(error) && error.code === "ECONNRESET") return processes().receive(fd);
    throw error;
  }
}

/** The exit code that a shell would give for a wait status: 128 + n for a signal. */
export function exitCodeOf(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
