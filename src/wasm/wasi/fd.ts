/** fd_*: input and output, positions, and the table of descriptors itself. */
import { FDFLAG, FDFLAGS_ALL, FDSTAT, FILETYPE, PRESTAT } from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import type { Descriptor } from "./fdtable.ts";
import type { Group, Host } from "./host.ts";
import { fromFdflags, toFdflags } from "./open-flags.ts";
import { RIGHT, rightsOf } from "./rights.ts";

/** Why a descriptor without the right is refused: a directory by its nature, anything else by its rights. */
export function refusal(entry: Descriptor): number {
  return entry.type === FILETYPE.directory ? ERRNO.isdir : ERRNO.notcapable;
}

const SEEK_CUR = 1;
const SYNC_FLAGS = FDFLAG.dsync | FDFLAG.rsync | FDFLAG.sync;

/** `whence`: lseek(2)'s by the guest's, which differs between the two versions of WASI. */
export function fdFunctions(host: Host, whences: readonly number[]): Group {
  const { native, table } = host;
  return {
    fd_read(fd: number, iovsAt: number, count: number, movedAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdRead) === 0) return refusal(entry);
      return errnoOf(native.read(entry.host, iovsAt, count, movedAt));
    },

    fd_write(fd: number, iovsAt: number, count: number, movedAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdWrite) === 0) return refusal(entry);
      return errnoOf(native.write(entry.host, iovsAt, count, movedAt));
    },

    fd_pread(fd: number, iovsAt: number, count: number, offset: bigint, movedAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      const needed = RIGHT.fdRead | RIGHT.fdSeek;
      if ((entry.rightsBase & needed) !== needed) return refusal(entry);
      return errnoOf(native.pread(entry.host, iovsAt, count, offset, movedAt));
    },

    fd_pwrite(fd: number, iovsAt: number, count: number, offset: bigint, movedAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      const needed = RIGHT.fdWrite | RIGHT.fdSeek;
      if ((entry.rightsBase & needed) !== needed) return refusal(entry);
      return errnoOf(native.pwrite(entry.host, iovsAt, count, offset, movedAt));
    },

    fd_seek(fd: number, offset: bigint, whence: number, positionAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      const how = whences[whence];
      if (how === undefined) return ERRNO.inval;
      // Asking where one is takes less than moving.
      const needed = how === SEEK_CUR && offset === 0n ? RIGHT.fdSeek | RIGHT.fdTell : RIGHT.fdSeek;
      if ((entry.rightsBase & needed) === 0) return refusal(entry);
      return errnoOf(native.seek(entry.host, offset, how, positionAt));
    },

    fd_tell(fd: number, positionAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdTell) === 0) return refusal(entry);
      return errnoOf(native.seek(entry.host, 0n, SEEK_CUR, positionAt));
    },

    fd_close(fd: number): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      table.remove(fd);
      return errnoOf(native.close(entry.host));
    },

    fd_renumber(from: number, to: number): number {
      const source = table.get(from);
      const target = table.get(to);
      if (source === undefined || target === undefined) return ERRNO.badf;
      if (from === to) return ERRNO.success;
      table.set(to, source);
      table.remove(from);
      native.close(target.host);
      return ERRNO.success;
    },

    fd_fdstat_get(fd: number, fdstatAt: number): number {
      host.sync();
      const at = fdstatAt >>> 0;
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if (!host.inside(at, FDSTAT.size)) return ERRNO.fault;
      const flags = native.flags(entry.host);
      if (flags < 0) return errnoOf(flags);
      const { view } = host;
      host.bytes.fill(0, at, at + FDSTAT.size);
      view.setUint8(at, entry.type);
      view.setUint16(at + FDSTAT.flags, toFdflags(flags) | entry.syncFlags, true);
      view.setUint32(at + FDSTAT.rightsBase, entry.rightsBase, true);
      view.setUint32(at + FDSTAT.rightsInheriting, entry.rightsInheriting, true);
      return ERRNO.success;
    },

    fd_fdstat_set_flags(fd: number, fdflags: number): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((fdflags & ~FDFLAGS_ALL) !== 0) return ERRNO.inval;
      if ((entry.rightsBase & RIGHT.fdFdstatSetFlags) === 0) return ERRNO.notcapable;
      // Linux would silently keep them as they are.
      if ((fdflags & SYNC_FLAGS) !== entry.syncFlags) return ERRNO.notsup;
      const flags = native.flags(entry.host);
      if (flags < 0) return errnoOf(flags);
      const changeable = fromFdflags(FDFLAG.append | FDFLAG.nonblock);
      const wanted = fromFdflags(fdflags & (FDFLAG.append | FDFLAG.nonblock));
      return errnoOf(native.setFlags(entry.host, (flags & ~changeable) | wanted));
    },

    /** Rights can only be given away. */
    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      const newBase = rightsOf(base);
      const newInheriting = rightsOf(inheriting);
      if ((newBase & ~entry.rightsBase) !== 0) return ERRNO.notcapable;
      if ((newInheriting & ~entry.rightsInheriting) !== 0) return ERRNO.notcapable;
      entry.rightsBase = newBase;
      entry.rightsInheriting = newInheriting;
      return ERRNO.success;
    },

    fd_prestat_get(fd: number, prestatAt: number): number {
      host.sync();
      const at = prestatAt >>> 0;
      const name = table.get(fd)?.preopen;
      if (name === undefined) return ERRNO.badf;
      if (!host.inside(at, PRESTAT.size)) return ERRNO.fault;
      host.view.setUint32(at, 0, true);
      host.view.setUint32(at + PRESTAT.nameLength, name.length, true);
      return ERRNO.success;
    },

    fd_prestat_dir_name(fd: number, nameAt: number, length: number): number {
      host.sync();
      const at = nameAt >>> 0;
      const name = table.get(fd)?.preopen;
      if (name === undefined) return ERRNO.badf;
      if (length >>> 0 < name.length) return ERRNO.nametoolong;
      if (!host.inside(at, length >>> 0)) return ERRNO.fault;
      host.bytes.set(name, at);
      return ERRNO.success;
    },
  };
}
