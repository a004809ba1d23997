/**
 * Rights of descriptors. Preview1 defines bits 0 to 29; they are kept as one number. Bits beyond are WasmEdge's
 * or nobody's: guests that ask for "everything" set them, and they mean nothing here.
 */

export const RIGHT = {
  fdDatasync: 1 << 0,
  fdRead: 1 << 1,
  fdSeek: 1 << 2,
  fdFdstatSetFlags: 1 << 3,
  fdSync: 1 << 4,
  fdTell: 1 << 5,
  fdWrite: 1 << 6,
  fdAdvise: 1 << 7,
  fdAllocate: 1 << 8,
  pathCreateDirectory: 1 << 9,
  pathCreateFile: 1 << 10,
  pathLinkSource: 1 << 11,
  pathLinkTarget: 1 << 12,
  pathOpen: 1 << 13,
  fdReaddir: 1 << 14,
  pathReadlink: 1 << 15,
  pathRenameSource: 1 << 16,
  pathRenameTarget: 1 << 17,
  pathFilestatGet: 1 << 18,
  pathFilestatSetSize: 1 << 19,
  pathFilestatSetTimes: 1 << 20,
  fdFilestatGet: 1 << 21,
  fdFilestatSetSize: 1 << 22,
  fdFilestatSetTimes: 1 << 23,
  pathSymlink: 1 << 24,
  pathRemoveDirectory: 1 << 25,
  pathUnlinkFile: 1 << 26,
  pollFdReadwrite: 1 << 27,
  sockShutdown: 1 << 28,
  sockAccept: 1 << 29,
} as const;

export const RIGHTS_ALL = (1 << 30) - 1;

/** What a file that is no directory can do; seek and tell are taken away from what can't. */
export const RIGHTS_FILE =
  RIGHT.fdDatasync |
  RIGHT.fdRead |
  RIGHT.fdSeek |
  RIGHT.fdFdstatSetFlags |
  RIGHT.fdSync |
  RIGHT.fdTell |
  RIGHT.fdWrite |
  RIGHT.fdAdvise |
  RIGHT.fdAllocate |
  RIGHT.fdFilestatGet |
  RIGHT.fdFilestatSetSize |
  RIGHT.fdFilestatSetTimes |
  RIGHT.pollFdReadwrite;

export const RIGHTS_DIRECTORY =
  RIGHT.fdFdstatSetFlags |
  RIGHT.fdSync |
  RIGHT.pathCreateDirectory |
  RIGHT.pathCreateFile |
  RIGHT.pathLinkSource |
  RIGHT.pathLinkTarget |
  RIGHT.pathOpen |
  RIGHT.fdReaddir |
  RIGHT.pathReadlink |
  RIGHT.pathRenameSource |
  RIGHT.pathRenameTarget |
  RIGHT.pathFilestatGet |
  RIGHT.pathFilestatSetSize |
  RIGHT.pathFilestatSetTimes |
  RIGHT.fdFilestatGet |
  RIGHT.fdFilestatSetTimes |
  RIGHT.pathSymlink |
  RIGHT.pathRemoveDirectory |
  RIGHT.pathUnlinkFile |
  RIGHT.pollFdReadwrite;

export const RIGHTS_SOCKET =
  RIGHT.fdRead |
  RIGHT.fdFdstatSetFlags |
  RIGHT.fdWrite |
  RIGHT.fdFilestatGet |
  RIGHT.pollFdReadwrite |
  RIGHT.sockShutdown |
  RIGHT.sockAccept;

/** A guest that asks for one of these needs the file open for writing. */
export const RIGHTS_WRITING = RIGHT.fdWrite | RIGHT.fdAllocate | RIGHT.fdFilestatSetSize;

/** A guest's u64, the bits that preview1 defines. */
export function rightsOf(wide: bigint): number {
  return Number(wide & BigInt(RIGHTS_ALL));
}
