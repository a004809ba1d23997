/** The facade of waiting for what happens to a container: out-of-memory notices, changes of a file, readiness. */
import { native } from "./index.ts";

export interface Watch {
  /** Readable when the kernel is out of memory in that cgroup of v1's memory controller, and when it is removed. */
  watchOom(directory: string): number;
  /** Readable when the file has changed. */
  watchFile(path: string): number;
  /** The index of the first descriptor that is readable; -1 when so many milliseconds are over. */
  waitReadable(descriptors: readonly number[], milliseconds: number): number;
  /** Takes what has come on a descriptor of watchOom or watchFile. */
  drain(fd: number): void;
  /** A datagram socket of that name in the directory, which anybody may write to. */
  bindDatagram(directory: string, name: string): number;
  /**
   * Waits for a message that is ready (sd_notify(3)) and tells the service manager's socket `host`, with the pid as
   * the main one where it is not 0; false where the process ended before. In the background a child waits.
   */
  forwardReady(socket: number, pidfd: number, host: string, pid: number, background: boolean): boolean;
}

export const watching = (): Watch => native<Watch>();
