/**
 * The typed facade of the addon: what TypeScript may ask of the kernel, on one screen. Every call is
 * synchronous and throws a NativeError. The hot path uses these file operations because loading node:fs
 * costs about 2 ms at each start.
 */
import { loadAddon } from "./load.ts";

/** What the addon throws: Node's own shape of a system error. */
export interface NativeError extends Error {
  /** Symbolic errno, "ENOENT". */
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

export function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && typeof (error as Partial<NativeError>).code === "string";
}

/** The part of stat(2) that is used. */
export interface FileStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  readonly rdev: number;
}

export interface Files {
  /** The whole file as bytes. */
  readFile(path: string): Uint8Array;
  /** The whole file as UTF-8 text. */
  readText(path: string): string;
  /** open(O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, mode), write all. For cgroup and proc files use writeExisting. */
  writeFile(path: string, data: string | Uint8Array, mode: number): void;
  /** open(O_WRONLY|O_CLOEXEC), one write(2). */
  writeExisting(path: string, data: string): void;
  /** A temporary beside `path`, fsync'd never, renamed over it: readers see the old or the new, whole. */
  writeAtomic(path: string, data: string | Uint8Array, mode: number): void;
  mkdir(path: string, mode: number): void;
  /** lchown(2); -1 leaves an id as it is. */
  chown(path: string, uid: number, gid: number): void;
  /** fchown(2), in the same way. */
  fchown(fd: number, uid: number, gid: number): void;
  /** Like `mkdir -p`: existing directories are kept; only new ones get `mode`. */
  mkdirAll(path: string, mode: number): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  /** Removes a tree by descriptor, following no symbolic link and crossing no mount. Absent is fine. */
  removeTree(path: string): void;
  /** Names in the directory, without . and .., sorted. */
  readdir(path: string): string[];
  /** undefined where the path does not exist; `follow` false is lstat(2). */
  stat(path: string, follow: boolean): FileStat | undefined;
  /** Whether the effective user may make entries in the directory. */
  mayWrite(path: string): boolean;
  realpath(path: string): string;
  readlink(path: string): string;
  /** All of `text` to a descriptor. */
  writeFd(fd: number, text: string | Uint8Array): void;
  /** All that can be read from a descriptor until its end. */
  readFd(fd: number): Uint8Array;
  /** stdin holds the data once more, for who reads it next. */
  restoreInput(data: Uint8Array): void;
  open(path: string, flags: number, mode: number): number;
  close(fd: number): void;
  /**
   * A descriptor that holds the directory's lock (flock(2)) until it is closed; -1 where there is no such directory.
   * Throws EAGAIN where another process has it for longer than that many milliseconds.
   */
  lock(path: string, milliseconds: number): number;
  /** The first bytes of a regular file, its path resolved as if `root` were /; undefined for anything else. */
  headInRoot(root: string, path: string, length: number): Uint8Array | undefined;
  /** statfs(2)'s f_type. */
  fsType(path: string): number;
}

let loaded: unknown;

/** The addon's functions of one concern, typed by its facade. Loaded at the first use. */
export function native<T>(): T {
  loaded ??= loadAddon();
  return loaded as T;
}

export const files = (): Files => native<Files>();
