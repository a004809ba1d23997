/** Mount options: one table of the names of config.md, mount(8), runc and crun. */

import { BIND_FLAGS } from "./steps.ts";

/** linux/mount.h: MOUNT_ATTR_*. */
export const ATTR = {
  RDONLY: 0x01n,
  NOSUID: 0x02n,
  NODEV: 0x04n,
  NOEXEC: 0x08n,
  ATIME: 0x70n,
  NOATIME: 0x10n,
  STRICTATIME: 0x20n,
  NODIRATIME: 0x80n,
  NOSYMFOLLOW: 0x20_0000n,
} as const;

/** sys/mount.h: the propagation flags. */
export const MS = {
  REC: 0x4000,
  UNBINDABLE: 0x2_0000,
  PRIVATE: 0x4_0000,
  SLAVE: 0x8_0000,
  SHARED: 0x10_0000,
} as const;

/** What an option does. */
export type MountOption =
  | { readonly kind: "attribute"; readonly set?: bigint; readonly clear?: bigint }
  /** The same on every mount below. */
  | { readonly kind: "recursive"; readonly set?: bigint; readonly clear?: bigint }
  | { readonly kind: "bind"; readonly recursive: boolean }
  | { readonly kind: "propagation"; readonly flags: number }
  | { readonly kind: "remount" }
  /** An option of the superblock: passed to a new file system, without meaning on a bind mount. */
  | { readonly kind: "superblock" }
  /** What is special about a bind mount: BIND_FLAGS. */
  | { readonly kind: "bindFlag"; readonly flag: number }
  | { readonly kind: "copyUp" }
  /** src/plan/idmap.ts reads it. */
  | { readonly kind: "mapping" }
  | { readonly kind: "nothing" };

const { RDONLY, NOSUID, NODEV, NOEXEC, ATIME, NOATIME, STRICTATIME, NODIRATIME, NOSYMFOLLOW } = ATTR;

// Plain literals: derived tables would cost a millisecond at each start. The access time options exclude each
// other, so each clears the group.
const ATTRIBUTES: Readonly<Record<string, { readonly set?: bigint; readonly clear?: bigint }>> = {
  ro: { set: RDONLY },
  rw: { clear: RDONLY },
  nosuid: { set: NOSUID },
  suid: { clear: NOSUID },
  nodev: { set: NODEV },
  dev: { clear: NODEV },
  noexec: { set: NOEXEC },
  exec: { clear: NOEXEC },
  nodiratime: { set: NODIRATIME },
  diratime: { clear: NODIRATIME },
  noatime: { set: NOATIME, clear: ATIME },
  atime: { clear: ATIME },
  strictatime: { set: STRICTATIME, clear: ATIME },
  nostrictatime: { clear: ATIME },
  relatime: { clear: ATIME },
  // As in mount(2): without the flag it is the kernel's default, which is relatime.
  norelatime: { clear: ATIME },
  nosymfollow: { set: NOSYMFOLLOW },
  symfollow: { clear: NOSYMFOLLOW },
};

/** `rootfsPropagation`, and the options of the same names. */
export const PROPAGATIONS: Readonly<Record<string, number>> = {
  private: MS.PRIVATE,
  rprivate: MS.PRIVATE | MS.REC,
  shared: MS.SHARED,
  rshared: MS.SHARED | MS.REC,
  slave: MS.SLAVE,
  rslave: MS.SLAVE | MS.REC,
  unbindable: MS.UNBINDABLE,
  runbindable: MS.UNBINDABLE | MS.REC,
};

const OTHERS: Readonly<Record<string, MountOption>> = {
  bind: { kind: "bind", recursive: false },
  rbind: { kind: "bind", recursive: true },
  "src-nofollow": { kind: "bindFlag", flag: BIND_FLAGS.sourceNoFollow },
  "dest-nofollow": { kind: "bindFlag", flag: BIND_FLAGS.targetNoFollow },
  "copy-symlink": { kind: "bindFlag", flag: BIND_FLAGS.copySymlink },
  tmpcopyup: { kind: "copyUp" },
  idmap: { kind: "mapping" },
  ridmap: { kind: "mapping" },
  remount: { kind: "remount" },
  defaults: { kind: "nothing" },
  sync: { kind: "superblock" },
  async: { kind: "superblock" },
  dirsync: { kind: "superblock" },
  lazytime: { kind: "superblock" },
  nolazytime: { kind: "superblock" },
  mand: { kind: "superblock" },
  nomand: { kind: "superblock" },
  silent: { kind: "nothing" },
  loud: { kind: "nothing" },
  // The file systems that count versions of their files always do, since Linux 6.1.
  iversion: { kind: "nothing" },
  noiversion: { kind: "nothing" },
  acl: { kind: "superblock" },
  noacl: { kind: "superblock" },
};

/** What an option does; undefined where only the file system may know it. */
export function mountOption(name: string): MountOption | undefined {
  const flags = PROPAGATIONS[name];
  if (flags !== undefined) return { kind: "propagation", flags };
  const attribute = ATTRIBUTES[name];
  if (attribute !== undefined) return { kind: "attribute", ...attribute };
  const recursive = name.startsWith("r") ? ATTRIBUTES[name.slice(1)] : undefined;
  return recursive === undefined ? OTHERS[name] : { kind: "recursive", ...recursive };
}

/** All names, sorted, for `features`. */
export function mountOptionNames(): string[] {
  const attributes = Object.keys(ATTRIBUTES);
  const recursive = attributes.map((name) => `r${name}`);
  return [...attributes, ...recursive, ...Object.keys(PROPAGATIONS), ...Object.keys(OTHERS)].sort();
}
