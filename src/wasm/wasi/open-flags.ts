/** open(2)'s flags by WASI's. Those of the architectures that ocirt is built for differ in O_DIRECTORY & Co. */
import { FDFLAG, OFLAG } from "./constants.ts";
import { RIGHT, RIGHTS_WRITING } from "./rights.ts";

const O_WRONLY = 1;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;
const O_NONBLOCK = 0o4000;
const O_DSYNC = 0o10000;
const O_SYNC = 0o4010000;
const ARM = process.arch === "arm64";
const O_DIRECTORY = ARM ? 0o40000 : 0o200000;
const O_NOFOLLOW = ARM ? 0o100000 : 0o400000;

/** F_GETFL's append and nonblock as fdflags. */
export function toFdflags(flags: number): number {
  return ((flags & O_APPEND) !== 0 ? FDFLAG.append : 0) | ((flags & O_NONBLOCK) !== 0 ? FDFLAG.nonblock : 0);
}

/** fdflags as flags of open(2). Linux has no O_RSYNC of its own. */
export function fromFdflags(fdflags: number): number {
  let flags = 0;
  if ((fdflags & FDFLAG.append) !== 0) flags |= O_APPEND;
  if ((fdflags & FDFLAG.nonblock) !== 0) flags |= O_NONBLOCK;
  if ((fdflags & FDFLAG.dsync) !== 0) flags |= O_DSYNC;
  if ((fdflags & (FDFLAG.rsync | FDFLAG.sync)) !== 0) flags |= O_SYNC;
  return flags;
}

/** All of a path_open's wishes. What the guest may do with the file is in the rights it asks for. */
export function openFlags(oflags: number, fdflags: number, rights: number, follow: boolean): number {
  let flags = fromFdflags(fdflags);
  if ((rights & RIGHTS_WRITING) !== 0) {
    flags |= (rights & (RIGHT.fdRead | RIGHT.fdReaddir)) !== 0 ? O_RDWR : O_WRONLY;
  }
  if ((oflags & OFLAG.creat) !== 0) flags |= O_CREAT;
  if ((oflags & OFLAG.excl) !== 0) flags |= O_EXCL;
  if ((oflags & OFLAG.trunc) !== 0) flags |= O_TRUNC;
  if ((oflags & OFLAG.directory) !== 0) flags |= O_DIRECTORY;
  if (!follow) flags |= O_NOFOLLOW;
  return flags;
}
