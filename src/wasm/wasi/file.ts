/** fd_*: attributes and space of open files, entries of directories. */
import { ADVICE, FILETYPE } from "./constants.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import { refusal } from "./fd.ts";
import type { Group, Host } from "./host.ts";
import { RIGHT } from "./rights.ts";

const FILESTAT_TYPE = 16;

export function fileFunctions(host: Host, unstable: boolean): Group {
  const { native, table } = host;
  return {
    fd_filestat_get(fd: number, filestatAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdFilestatGet) === 0) return ERRNO.notcapable;
      const result = native.stat(entry.host, filestatAt, unstable);
      // stat(2) can't tell a socket's type.
      if (result === 0 && entry.type === FILETYPE.socketDgram) {
        host.view.setUint8((filestatAt >>> 0) + FILESTAT_TYPE, entry.type);
      }
      return errnoOf(result);
    },

    fd_filestat_set_size(fd: number, size: bigint): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdFilestatSetSize) === 0) return refusal(entry);
      return errnoOf(native.truncate(entry.host, size));
    },

    fd_filestat_set_times(fd: number, atim: bigint, mtim: bigint, fstflags: number): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdFilestatSetTimes) === 0) return ERRNO.notcapable;
      return errnoOf(native.times(entry.host, atim, mtim, fstflags));
    },

    fd_advise(fd: number, offset: bigint, length: bigint, advice: number): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      const how = ADVICE[advice];
      if (how === undefined) return ERRNO.inval;
      if ((entry.rightsBase & RIGHT.fdAdvise) === 0) return refusal(entry);
      return errnoOf(native.advise(entry.host, offset, length, how));
    },

    fd_allocate(fd: number, offset: bigint, length: bigint): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdAllocate) === 0) return refusal(entry);
      return errnoOf(native.allocate(entry.host, offset, length));
    },

    fd_datasync(fd: number): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdDatasync) === 0) return refusal(entry);
      return errnoOf(native.sync(entry.host, true));
    },

    fd_sync(fd: number): number {
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if ((entry.rightsBase & RIGHT.fdSync) === 0) return ERRNO.notcapable;
      return errnoOf(native.sync(entry.host, false));
    },

    fd_readdir(fd: number, bufferAt: number, length: number, cookie: bigint, usedAt: number): number {
      host.sync();
      const entry = table.get(fd);
      if (entry === undefined) return ERRNO.badf;
      if (entry.type !== FILETYPE.directory) return ERRNO.notdir;
      if ((entry.rightsBase & RIGHT.fdReaddir) === 0) return ERRNO.notcapable;
      return errnoOf(native.readdir(entry.host, bufferAt, length, cookie, usedAt));
    },
  };
}
