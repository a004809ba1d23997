/** An open file or directory of a component, which streams of it keep open. */
import { FILETYPE } from "../../wasi/constants.ts";
import type { ResourceType } from "../resources.ts";
import type { Stat, System } from "./system.ts";

export const TYPES: Readonly<Record<number, string>> = {
  [FILETYPE.unknown]: "unknown",
  [FILETYPE.blockDevice]: "block-device",
  [FILETYPE.characterDevice]: "character-device",
  [FILETYPE.directory]: "directory",
  [FILETYPE.regularFile]: "regular-file",
  [FILETYPE.socketDgram]: "socket",
  [FILETYPE.socketStream]: "socket",
  [FILETYPE.symbolicLink]: "symbolic-link",
};

export interface Place {
  /** The container's root directory itself, where absolute symbolic links resolve. */
  readonly root: boolean;
  /** The root directory or one below it: absolute symbolic links may be made here. */
  readonly inRoot: boolean;
}

export class Descriptor implements Place {
  readonly fd: number;
  /** WASI's file type. */
  readonly type: number;
  /** As opened: `read`, `write`, `mutate-directory` and the flags of synchronisation. */
  readonly flags: ReadonlySet<string>;
  readonly root: boolean;
  readonly inRoot: boolean;
  readonly #system: System;
  #holders = 1;

  constructor(system: System, fd: number, type: number, flags: ReadonlySet<string>, { root, inRoot }: Place) {
    this.#system = system;
    this.fd = fd;
    this.type = type;
    this.flags = flags;
    this.root = root;
    this.inRoot = inRoot;
  }

  get isDirectory(): boolean {
    return this.type === FILETYPE.directory;
  }

  /** Keeps it open; what is returned lets it go. */
  hold(): () => void {
    this.#holders++;
    return () => this.release();
  }

  release(): void {
    if (--this.#holders === 0) this.#system.native.close(this.fd);
  }
}

export const DESCRIPTOR: ResourceType = {
  kind: "resource",
  name: "descriptor",
  owner: undefined,
  drop: (descriptor) => (descriptor as Descriptor).release(),
};

/** A directory that is read from its beginning, whatever else reads it. */
export class DirectoryEntries {
  readonly #system: System;
  readonly #directory: Descriptor;
  readonly #release: () => void;
  #next = 0n;
  #entries: { readonly name: string; readonly type: number }[] = [];

  constructor(system: System, directory: Descriptor) {
    this.#system = system;
    this.#directory = directory;
    this.#release = directory.hold();
  }

  /** undefined at the end, or a negative errno. */
  read(): { type: string; name: string } | number | undefined {
    while (this.#entries.length === 0) {
      const from = this.#next;
      const answer = this.#system.readDirectory(this.#directory.fd, from);
      if (typeof answer === "number") return answer;
      if (answer.next === from) return undefined;
      this.#entries = answer.entries.reverse();
      this.#next = answer.next;
    }
    const entry = this.#entries.pop();
    return entry === undefined ? undefined : { type: TYPES[entry.type] ?? "unknown", name: entry.name };
  }

  close(): void {
    this.#release();
  }
}

export const DIRECTORY_ENTRIES: ResourceType = {
  kind: "resource",
  name: "directory-entry-stream",
  owner: undefined,
  drop: (entries) => (entries as DirectoryEntries).close(),
};

const MASK = 2n ** 64n - 1n;
/** Of Fibonacci hashing: 2 to the 64th by the golden ratio. */
const SPREAD = 0x9e3779b97f4a7c15n;

/** The same for the same file, and hardly for another. */
export function metadataHash({ device, inode, modified, size }: Stat): { lower: bigint; upper: bigint } {
  const mix = (...parts: bigint[]) => parts.reduce((sum, part) => ((sum ^ part) * SPREAD) & MASK, SPREAD);
  return { lower: mix(device, inode), upper: mix(inode, modified, size, device) };
}
