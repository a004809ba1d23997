/** The guest's descriptors: its numbers, the host's, and what each may do. */
import { FILETYPE } from "./constants.ts";
import { RIGHT, RIGHTS_ALL, RIGHTS_DIRECTORY, RIGHTS_FILE, RIGHTS_SOCKET } from "./rights.ts";

export interface Descriptor {
  /** The host's number. */
  readonly host: number;
  /** WASI's file type. */
  readonly type: number;
  rightsBase: number;
  rightsInheriting: number;
  /** The guest's name of a preopened directory, UTF-8. */
  readonly preopen?: Uint8Array;
  /** The container's root directory itself, where absolute symbolic links resolve. */
  readonly root: boolean;
  /** The root directory or one below it: absolute symbolic links may be made here. */
  readonly inRoot: boolean;
  /** FDFLAG dsync, rsync and sync as opened: Linux can't change them, and doesn't tell rsync from sync. */
  readonly syncFlags: number;
  /** The guest opened this socket, so those accepted from it have TCP_NODELAY already. */
  readonly noDelay: boolean;
}

export function isSocket(descriptor: Descriptor): boolean {
  return descriptor.type === FILETYPE.socketStream || descriptor.type === FILETYPE.socketDgram;
}

/** Whether lseek means anything: wasi-libc takes a character device without these rights for a terminal. */
function seekable(type: number, terminal: boolean): boolean {
  if (terminal) return false;
  return type === FILETYPE.regularFile || type === FILETYPE.blockDevice || type === FILETYPE.characterDevice;
}

/** The rights that make sense for a file of that type. */
export function rightsFor(type: number, terminal: boolean): number {
  if (type === FILETYPE.directory) return RIGHTS_DIRECTORY;
  if (type === FILETYPE.socketStream || type === FILETYPE.socketDgram) return RIGHTS_SOCKET;
  return seekable(type, terminal) ? RIGHTS_FILE : RIGHTS_FILE & ~(RIGHT.fdSeek | RIGHT.fdTell);
}

const PLAIN = { root: false, inRoot: false, syncFlags: 0, noDelay: false } as const;

/**
 * stdin, stdout or stderr. A directory there gets no rights to paths: it was handed in from outside, and may
 * be outside the container's root.
 */
export function standardStream(host: number, type: number, terminal: boolean): Descriptor {
  const base = type === FILETYPE.directory ? RIGHT.fdFilestatGet : rightsFor(type, terminal);
  return { ...PLAIN, host, type, rightsBase: base, rightsInheriting: 0 };
}

export function preopenedDirectory(host: number, name: Uint8Array, root: boolean): Descriptor {
  return {
    ...PLAIN,
    host,
    type: FILETYPE.directory,
    rightsBase: RIGHTS_DIRECTORY,
    rightsInheriting: RIGHTS_ALL,
    preopen: name,
    root,
    inRoot: root,
  };
}

export function socketDescriptor(host: number, stream: boolean, noDelay: boolean): Descriptor {
  return {
    ...PLAIN,
    host,
    type: stream ? FILETYPE.socketStream : FILETYPE.socketDgram,
    rightsBase: RIGHTS_SOCKET,
    rightsInheriting: RIGHTS_SOCKET,
    noDelay,
  };
}

export class FdTable {
  readonly #entries: (Descriptor | undefined)[] = [];
  /** No number below is free. */
  #lowest = 0;

  get(fd: number): Descriptor | undefined {
    return this.#entries[fd];
  }

  /** The lowest free number, as POSIX has it; wasi-libc needs preopens to follow each other from 3. */
  add(descriptor: Descriptor): number {
    let fd = this.#lowest;
    while (this.#entries[fd] !== undefined) fd++;
    this.#entries[fd] = descriptor;
    this.#lowest = fd + 1;
    return fd;
  }

  set(fd: number, descriptor: Descriptor): void {
    this.#entries[fd] = descriptor;
  }

  /** Forgets a number; closing the host's is the caller's. */
  remove(fd: number): void {
    this.#entries[fd] = undefined;
    if (fd < this.#lowest) this.#lowest = fd;
  }
}
