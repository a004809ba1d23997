/** The functions of wasi:filesystem/types that begin at a path below a directory. */
import { KIND_TERMINAL } from "../../../native/wasi.ts";
import { FDFLAG, OFLAG } from "../../wasi/constants.ts";
import { openFlags } from "../../wasi/open-flags.ts";
import { RIGHT } from "../../wasi/rights.ts";
import type { Call } from "../functions.ts";
import { Descriptor, metadataHash } from "./descriptor.ts";
import { type FsResult, fsResult } from "./fs-errors.ts";
import { type NewTimestamp, newTimes, statRecord } from "./fs-records.ts";
import type { Stat, System } from "./system.ts";

type Flags = ReadonlySet<string>;

const follows = (flags: Flags) => flags.has("symlink-follow");

/** The bits of those words that a set holds. */
function bits(set: Flags, words: Readonly<Record<string, number>>): number {
  return Object.entries(words).reduce((sum, [word, bit]) => (set.has(word) ? sum | bit : sum), 0);
}

const OPEN_FLAGS = {
  create: OFLAG.creat,
  directory: OFLAG.directory,
  exclusive: OFLAG.excl,
  truncate: OFLAG.trunc,
};
const SYNC_FLAGS = {
  "file-integrity-sync": FDFLAG.sync,
  "data-integrity-sync": FDFLAG.dsync,
  "requested-write-sync": FDFLAG.rsync,
};
const RIGHTS = { read: RIGHT.fdRead, write: RIGHT.fdWrite };
const CHANGING = ["create", "truncate"];

export function pathFunctions(system: System): Record<string, Call> {
  const { native } = system;

  /** What changes a directory needs one that may be changed. */
  function changing(directory: Descriptor, work: () => FsResult): FsResult {
    if (!directory.isDirectory) return { error: "not-directory" };
    return directory.flags.has("mutate-directory") ? work() : { error: "read-only" };
  }

  function open(self: Descriptor, path: string, follow: boolean, how: Flags, flags: Flags): FsResult {
    const wanted = openFlags(bits(how, OPEN_FLAGS), bits(flags, SYNC_FLAGS), bits(flags, RIGHTS), follow);
    return fsResult(system.open(self, path, wanted), (fd) => {
      const type = native.kind(fd) & ~KIND_TERMINAL;
      const itself = path === "." || path === "./";
      const place = { root: self.root && itself, inRoot: self.inRoot };
      const directory = new Descriptor(system, fd, type, flags, place).isDirectory;
      // A directory is read and changed as the one that it was opened from.
      return new Descriptor(system, fd, type, directory ? self.flags : flags, place);
    });
  }

  return {
    "[method]descriptor.open-at": (self: Descriptor, at: Flags, path: string, how: Flags, flags: Flags) => {
      if (how.has("create") && how.has("directory")) return { error: "invalid" };
      const work = () => open(self, path, follows(at), how, flags);
      const changes =
        CHANGING.some((flag) => how.has(flag)) || flags.has("write") || flags.has("mutate-directory");
      if (!self.isDirectory) return { error: "not-directory" };
      return changes ? changing(self, work) : work();
    },
    "[method]descriptor.create-directory-at": (self: Descriptor, path: string) =>
      changing(self, () => fsResult(system.makeDirectory(self, path))),
    "[method]descriptor.remove-directory-at": (self: Descriptor, path: string) =>
      changing(self, () => fsResult(system.removeDirectory(self, path))),
    "[method]descriptor.unlink-file-at": (self: Descriptor, path: string) =>
      changing(self, () => fsResult(system.unlink(self, path))),
    "[method]descriptor.symlink-at": (self: Descriptor, target: string, path: string) =>
      changing(self, () => fsResult(system.symlink(self, path, target, self.inRoot))),
    "[method]descriptor.rename-at": (self: Descriptor, path: string, to: Descriptor, toPath: string) =>
      changing(self, () => changing(to, () => fsResult(system.rename(self, path, to, toPath)))),
    "[method]descriptor.link-at": (
      self: Descriptor,
      at: Flags,
      path: string,
      to: Descriptor,
      toPath: string,
    ) => {
      // Linking what a symbolic link leads to can't be done without a race.
      if (follows(at)) return { error: "invalid" };
      return changing(self, () => changing(to, () => fsResult(system.link(self, path, to, toPath))));
    },
    "[method]descriptor.readlink-at": (self: Descriptor, path: string) =>
      fsResult(system.readLink(self, path), (target) => target),
    "[method]descriptor.stat-at": (self: Descriptor, at: Flags, path: string) =>
      fsResult(system.statAt(self, path, follows(at)), (stat) => statRecord(stat as Stat)),
    "[method]descriptor.metadata-hash-at": (self: Descriptor, at: Flags, path: string) =>
      fsResult(system.statAt(self, path, follows(at)), (stat) => metadataHash(stat as Stat)),
    "[method]descriptor.set-times-at": (
      self: Descriptor,
      at: Flags,
      path: string,
      accessed: NewTimestamp,
      modified: NewTimestamp,
    ) =>
      changing(self, () =>
        fsResult(system.setTimesAt(self, path, follows(at), ...newTimes(accessed, modified))),
      ),
  };
}
