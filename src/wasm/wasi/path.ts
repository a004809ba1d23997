/** path_*: everything that begins at a directory. */
import { KIND_TERMINAL } from "../../native/wasi.ts";
import { FDFLAG, FDFLAGS_ALL, FILETYPE, LOOKUP_SYMLINK_FOLLOW, OFLAG, OFLAGS_ALL } from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { type Descriptor, rightsFor } from "./fdtable.ts";
import type { Group, Host } from "./host.ts";
import { openFlags } from "./open-flags.ts";
import { RIGHT, rightsOf } from "./rights.ts";

const DOT = 0x2e;
const SLASH = 0x2f;

/** A directory with the right, or the errno that says why not. */
function base(host: Host, fd: number, right: number): Descriptor | number {
  const entry = host.table.get(fd);
  if (entry === undefined) return ERRNO.badf;
  if (entry.type !== FILETYPE.directory) return ERRNO.notdir;
  return (entry.rightsBase & right) === right ? entry : ERRNO.notcapable;
}

export function pathFunctions(host: Host, unstable: boolean): Group {
  const { native, table } = host;

  /** Whether the path is "." or "./": what it opens is the base itself. */
  function isSelf(at: number, length: number): boolean {
    const { bytes } = host;
    return bytes[at] === DOT && (length === 1 || (length === 2 && bytes[at + 1] === SLASH));
  }

  /** A host descriptor into the table, with the rights asked for that its type can have. */
  function enter(fd: number, dir: Descriptor, self: boolean, wanted: number, inherit: number, sync: number) {
    const kind = native.kind(fd);
    const type = kind & ~KIND_TERMINAL;
    return table.add({
      host: fd,
      type,
      rightsBase: wanted & rightsFor(type, (kind & KIND_TERMINAL) !== 0),
      rightsInheriting: inherit,
      root: dir.root && self,
      inRoot: dir.inRoot,
      syncFlags: sync,
      noDelay: false,
    });
  }

  return {
    path_open(
      fd: number,
      lookup: number,
      pathAt: number,
      length: number,
      oflags: number,
      rightsBase: bigint,
      rightsInheriting: bigint,
      fdflags: number,
      openedAt: number,
    ): number {
      host.sync();
      let needed: number = RIGHT.pathOpen;
      if ((oflags & OFLAG.creat) !== 0) needed |= RIGHT.pathCreateFile;
      if ((oflags & OFLAG.trunc) !== 0) needed |= RIGHT.pathFilestatSetSize;
      const dir = base(host, fd, needed);
      if (typeof dir === "number") return dir;
      if ((oflags & ~OFLAGS_ALL) !== 0 || (fdflags & ~FDFLAGS_ALL) !== 0) return ERRNO.inval;
      // Older kernels would make a regular file.
      if ((oflags & OFLAG.creat) !== 0 && (oflags & OFLAG.directory) !== 0) return ERRNO.inval;
      const wanted = rightsOf(rightsBase);
      const inherit = rightsOf(rightsInheriting);
      if (((wanted | inherit) & ~dir.rightsInheriting) !== 0) return ERRNO.notcapable;
      const out = openedAt >>> 0;
      if (!host.inside(out, 4)) return ERRNO.fault;
      const flags = openFlags(oflags, fdflags, wanted, (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0);
      const opened = native.open(dir.host, dir.root, pathAt, length, flags);
      if (opened < 0) return errnoOf(opened);
      const sync = fdflags & (FDFLAG.dsync | FDFLAG.rsync | FDFLAG.sync);
      host.view.setUint32(out, enter(opened, dir, isSelf(pathAt >>> 0, length), wanted, inherit, sync), true);
      return ERRNO.success;
    },

    path_filestat_get(
      fd: number,
      lookup: number,
      pathAt: number,
      length: number,
      filestatAt: number,
    ): number {
      host.sync();
      const dir = base(host, fd, RIGHT.pathFilestatGet);
      if (typeof dir === "number") return dir;
      const follow = (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0;
      return errnoOf(native.pathStat(dir.host, dir.root, pathAt, length, follow, filestatAt, unstable));
    },

    path_filestat_set_times(
      fd: number,
      lookup: number,
      pathAt: number,
      length: number,
      atim: bigint,
      mtim: bigint,
      fstflags: number,
    ): number {
      host.sync();
      const dir = base(host, fd, RIGHT.pathFilestatSetTimes);
      if (typeof dir === "number") return dir;
      const follow = (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0;
      return errnoOf(native.pathTimes(dir.host, dir.root, pathAt, length, follow, atim, mtim, fstflags));
    },

    path_create_directory(fd: number, pathAt: number, length: number): number {
      host.sync();
      const dir = base(host, fd, RIGHT.pathCreateDirectory);
      if (typeof dir === "number") return dir;
      return errnoOf(native.mkdir(dir.host, dir.root, pathAt, length));
    },

    path_remove_directory(fd: number, pathAt: number, length: number): number {
      host.sync();
      const dir = base(host, fd, RIGHT.pathRemoveDirectory);
      if (typeof dir === "number") return dir;
      return errnoOf(native.rmdir(dir.host, dir.root, pathAt, length));
    },

    path_unlink_file(fd: number, pathAt: number, length: number): number {
      host.sync();
      const dir = base(host, fd, RIGHT.pathUnlinkFile);
      if (typeof dir === "number") return dir;
      return errnoOf(native.unlink(dir.host, dir.root, pathAt, length));
    },

    path_readlink(
      fd: number,
      pathAt: number,
      length: number,
      bufferAt: number,
      size: number,
      usedAt: number,
    ): number {
      host.sync();
      const dir = base(host, fd, RIGHT.pathReadlink);
      if (typeof dir === "number") return dir;
      return errnoOf(native.readlink(dir.host, dir.root, pathAt, length, bufferAt, size, usedAt));
    },

    path_symlink(targetAt: number, targetLength: number, fd: number, pathAt: number, length: number): number {
      host.sync();
      const dir = base(host, fd, RIGHT.pathSymlink);
      if (typeof dir === "number") return dir;
      return errnoOf(native.symlink(dir.host, dir.root, pathAt, length, targetAt, targetLength, dir.inRoot));
    },

    path_rename(
      fd: number,
      pathAt: number,
      length: number,
      toFd: number,
      toAt: number,
      toLength: number,
    ): number {
      host.sync();
      const from = base(host, fd, RIGHT.pathRenameSource);
      if (typeof from === "number") return from;
      const to = base(host, toFd, RIGHT.pathRenameTarget);
      if (typeof to === "number") return to;
      return errnoOf(native.rename(from.host, from.root, pathAt, length, to.host, to.root, toAt, toLength));
    },

    path_link(
      fd: number,
      lookup: number,
      pathAt: number,
      length: number,
      toFd: number,
      toAt: number,
      toLength: number,
    ): number {
      host.sync();
      const from = base(host, fd, RIGHT.pathLinkSource);
      if (typeof from === "number") return from;
      const to = base(host, toFd, RIGHT.pathLinkTarget);
      if (typeof to === "number") return to;
      // Linking what a symbolic link leads to is left out by all hosts: it can't be done without a race.
      if ((lookup & LOOKUP_SYMLINK_FOLLOW) !== 0) return ERRNO.inval;
      return errnoOf(native.link(from.host, from.root, pathAt, length, to.host, to.root, toAt, toLength));
    },
  };
}
