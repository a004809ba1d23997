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
}

export const watching = (): Watch => native<Watch>();
