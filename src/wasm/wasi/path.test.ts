import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FILETYPE, OFLAG } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { UNSTABLE } from "./imports.ts";
import { RIGHT } from "./rights.ts";
import { type Call, Guest, READ_ONLY, withDirectory } from "./testing.ts";

const NOENT = 44;
const EXIST = 20;
const NOTEMPTY = 55;

/** A call with a directory and a path. */
function at(guest: Guest, name: string, dir: number, path: string): number | undefined {
  return guest.call[name]?.(dir, ...guest.text(path));
}

test(
  "oflags: create, exclusive, directory, truncate",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    assert.is(guest.open(dir, "file"), -NOENT);
    const fd = guest.open(dir, "file", { oflags: OFLAG.creat });
    guest.write(fd, "content");
    assert.is(guest.open(dir, "file", { oflags: OFLAG.creat | OFLAG.excl }), -EXIST);
    assert.is(guest.open(dir, "file", { oflags: OFLAG.directory, rights: 0 }), -ERRNO.notdir);
    assert.is(guest.open(dir, "new", { oflags: OFLAG.creat | OFLAG.directory }), -ERRNO.inval);
    assert.not(existsSync(join(path, "new")));
    assert.ok(guest.open(dir, "file", { oflags: OFLAG.trunc, rights: 0 }) > 0);
    assert.is(statSync(join(path, "file")).size, 0);
    assert.is(guest.open(dir, ".", { oflags: OFLAG.directory, rights: RIGHT.fdWrite }), -ERRNO.isdir);
    assert.is(guest.open(dir, "file", { oflags: 16 }), -ERRNO.inval);
  }),
);

test(
  "the directory's rights bound what can be opened in it",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    mkdirSync(join(path, "sub"));
    writeFileSync(join(path, "sub/file"), "");
    const sub = guest.open(dir, "sub", { rights: RIGHT.pathOpen, inheriting: RIGHT.fdRead });
    assert.ok(guest.open(sub, "file", { rights: RIGHT.fdRead, inheriting: 0 }) > 0);
    assert.is(
      guest.open(sub, "file", { rights: RIGHT.fdRead | RIGHT.fdSeek, inheriting: 0 }),
      -ERRNO.notcapable,
    );
    assert.is(guest.open(sub, "new", { oflags: OFLAG.creat, rights: 0, inheriting: 0 }), -ERRNO.notcapable);
    assert.is(guest.open(sub, "file", { oflags: OFLAG.trunc, rights: 0, inheriting: 0 }), -ERRNO.notcapable);
    assert.is(at(guest, "path_unlink_file", sub, "file"), ERRNO.notcapable);
    // Bits that preview1 doesn't define are asked for by runtimes that want everything.
    assert.ok(guest.open(dir, "sub/file", { rights: 2 ** 32 - 1, inheriting: 2 ** 32 - 1 }) > 0);
  }),
);

test(
  "symbolic links: followed only where the lookup says so",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "text");
    symlinkSync("file", join(path, "link"));
    symlinkSync("nowhere", join(path, "dangling"));
    symlinkSync("loop", join(path, "loop"));
    const guest = new Guest();
    const dir = guest.preopen(path);
    const out = guest.room(64);
    const type = (lookup: number, name: string) => {
      const errno = guest.call.path_filestat_get?.(dir, lookup, ...guest.text(name), out) as number;
      return errno === 0 ? guest.view.getUint8(out + 16) : -errno;
    };
    assert.is(type(0, "link"), FILETYPE.symbolicLink);
    assert.is(type(1, "link"), FILETYPE.regularFile);
    assert.is(type(1, "dangling"), -NOENT);
    assert.is(type(1, "loop"), -ERRNO.loop);
    assert.is(guest.open(dir, "link", { lookup: 0, rights: READ_ONLY }), -ERRNO.loop);
    assert.is(guest.open(dir, "link", { lookup: 0, rights: 0, oflags: OFLAG.directory }), -ERRNO.notdir);
    assert.is(guest.read(guest.open(dir, "link", { rights: READ_ONLY }), 9), "text");
  }),
);

test(
  "symlink and readlink: targets as given, cut where the buffer ends",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    const symlink = guest.call.path_symlink as Call;
    assert.is(symlink(...guest.text("some/where"), dir, ...guest.text("link")), 0);
    assert.is(readlinkSync(join(path, "link")), "some/where");
    const buffer = guest.room(32);
    const used = guest.room(4);
    const readlink = guest.call.path_readlink as Call;
    assert.is(readlink(dir, ...guest.text("link"), buffer, 32, used), 0);
    assert.is(guest.string(buffer, guest.u32(used)), "some/where");
    assert.is(readlink(dir, ...guest.text("link"), buffer, 4, used), 0);
    assert.is(guest.u32(used), 4);
    writeFileSync(join(path, "file"), "");
    assert.is(readlink(dir, ...guest.text("file"), buffer, 32, used), ERRNO.inval);
    assert.is(symlink(...guest.text("x"), dir, ...guest.text("link")), EXIST);
    assert.is(symlink(...guest.text("x"), dir, ...guest.text("new/")), NOENT);
    // An absolute target means something in the container's root only.
    assert.is(symlink(...guest.text("/etc"), dir, ...guest.text("abs")), ERRNO.perm);
    assert.is(symlink(...guest.text("/etc"), guest.preopen(path, true), ...guest.text("abs")), 0);
  }),
);

test(
  "link: hard links to files and to links themselves, none to directories",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "x");
    mkdirSync(join(path, "dir"));
    symlinkSync("nowhere", join(path, "soft"));
    symlinkSync("/", join(path, "slash"));
    const guest = new Guest();
    const dir = guest.preopen(path);
    const link = (from: string, to: string, lookup = 0) =>
      guest.call.path_link?.(dir, lookup, ...guest.text(from), dir, ...guest.text(to));
    assert.is(link("file", "dir/hard"), 0);
    assert.is(statSync(join(path, "file")).nlink, 2);
    assert.is(link("soft", "soft2"), 0);
    assert.ok(lstatSync(join(path, "soft2")).isSymbolicLink());
    assert.is(link("file", "soft"), EXIST);
    assert.is(link("dir", "dir2"), ERRNO.perm);
    assert.is(link("file", "new/"), NOENT);
    assert.is(link("file", "new", 1), ERRNO.inval);
    // A trailing slash would make the kernel follow the link, out of the directory.
    assert.is(link("slash/", "root"), ERRNO.perm);
  }),
);

test(
  "rename: files, directories, over what is there, and trailing slashes",
  withDirectory((path) => {
    writeFileSync(join(path, "a"), "a");
    writeFileSync(join(path, "b"), "b");
    mkdirSync(join(path, "dir"));
    mkdirSync(join(path, "full/sub"), { recursive: true });
    const guest = new Guest();
    const dir = guest.preopen(path);
    const other = guest.open(dir, "full", { rights: READ_ONLY });
    const rename = (from: string, to: string, into = dir) =>
      guest.call.path_rename?.(dir, ...guest.text(from), into, ...guest.text(to));
    assert.is(rename("a", "b"), 0);
    assert.is(readFileSync(join(path, "b"), "utf8"), "a");
    assert.is(rename("a", "c"), NOENT);
    assert.is(rename("b", "b/"), ERRNO.notdir);
    assert.is(rename("b/", "c"), ERRNO.notdir);
    assert.is(rename("dir/", "moved/"), 0);
    assert.is(rename("moved", "full"), NOTEMPTY);
    assert.is(rename("b", "moved"), ERRNO.isdir);
    assert.is(rename("moved", "sub/", other), 0);
    assert.ok(existsSync(join(path, "full/sub")));
  }),
);

test(
  "directories: make, remove, trailing slashes",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    assert.is(at(guest, "path_create_directory", dir, "new/"), 0);
    assert.is(at(guest, "path_create_directory", dir, "new"), EXIST);
    assert.is(at(guest, "path_create_directory", dir, "new/../new/in"), 0);
    assert.is(at(guest, "path_remove_directory", dir, "new"), NOTEMPTY);
    assert.is(at(guest, "path_remove_directory", dir, "new/in/"), 0);
    writeFileSync(join(path, "file"), "");
    assert.is(at(guest, "path_remove_directory", dir, "file"), ERRNO.notdir);
    assert.is(at(guest, "path_unlink_file", dir, "file/"), ERRNO.notdir);
    assert.is(at(guest, "path_unlink_file", dir, "new"), ERRNO.isdir);
    assert.is(at(guest, "path_unlink_file", dir, "file"), 0);
    for (const odd of [".", "..", "/", "new/.", "new/.."]) {
      assert.is.not(at(guest, "path_remove_directory", dir, odd), 0, odd);
      assert.is.not(at(guest, "path_create_directory", dir, odd), 0, odd);
      assert.is.not(at(guest, "path_unlink_file", dir, odd), 0, odd);
    }
    assert.ok(existsSync(join(path, "new")));
  }),
);

test(
  "paths that are none",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "");
    const guest = new Guest();
    const dir = guest.preopen(path);
    assert.is(guest.open(dir, ""), -NOENT);
    assert.is(guest.open(dir, "file\0"), -ERRNO.inval);
    assert.is(guest.open(dir, "file/"), -ERRNO.notdir);
    assert.is(guest.open(dir, "x".repeat(256)), -ERRNO.nametoolong);
    assert.is(guest.open(dir, "x/".repeat(2048)), -ERRNO.nametoolong);
    assert.is(at(guest, "path_create_directory", dir, "x".repeat(4095)), ERRNO.nametoolong);
    const file = guest.open(dir, "file");
    assert.is(guest.open(file, "x"), -ERRNO.notdir);
    assert.is(guest.open(99, "x"), -ERRNO.badf);
    assert.is(guest.call.path_create_directory?.(dir, guest.size - 2, 4), ERRNO.fault);
  }),
);

test(
  "attributes by path and by descriptor agree, in both layouts",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "12345");
    linkSync(join(path, "file"), join(path, "other"));
    const status = statSync(join(path, "file"), { bigint: true });
    for (const module of [undefined, UNSTABLE]) {
      const guest = new Guest({}, module);
      const dir = guest.preopen(path);
      const size = module === undefined ? 64 : 56;
      const byPath = guest.room(64);
      const byFd = guest.room(64);
      assert.is(guest.call.path_filestat_get?.(dir, 0, ...guest.text("file"), byPath), 0);
      assert.is(guest.call.fd_filestat_get?.(guest.open(dir, "file", { rights: READ_ONLY }), byFd), 0);
      assert.equal(guest.bytes(byPath, size), guest.bytes(byFd, size));
      assert.is(guest.u64(byFd), status.dev);
      assert.is(guest.u64(byFd + 8), status.ino);
      assert.is(guest.view.getUint8(byFd + 16), FILETYPE.regularFile);
      const rest = module === undefined ? byFd + 32 : byFd + 24;
      const links = module === undefined ? guest.u64(byFd + 24) : BigInt(guest.u32(byFd + 20));
      assert.is(links, 2n);
      assert.is(guest.u64(rest), 5n);
      assert.is(guest.u64(rest + 16), status.mtimeNs);
    }
  }),
);

test(
  "times are set to the nanosecond, alone or both, and not to contradictions",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "");
    symlinkSync("file", join(path, "link"));
    const guest = new Guest();
    const dir = guest.preopen(path);
    const set = (name: string, lookup: number, atim: bigint, mtim: bigint, flags: number) =>
      guest.call.path_filestat_set_times?.(dir, lookup, ...guest.text(name), atim, mtim, flags);
    const times = (name: string) => {
      const { atimeNs, mtimeNs } = lstatSync(join(path, name), { bigint: true });
      return [atimeNs, mtimeNs];
    };
    assert.is(set("file", 0, 1_000_000_001n, 2_000_000_002n, 5), 0);
    assert.equal(times("file"), [1_000_000_001n, 2_000_000_002n]);
    assert.is(set("file", 0, 9n, 3_000_000_003n, 4), 0);
    assert.equal(times("file"), [1_000_000_001n, 3_000_000_003n]);
    assert.is(set("link", 0, 7_000_000_007n, 8_000_000_008n, 5), 0);
    assert.equal(times("link"), [7_000_000_007n, 8_000_000_008n]);
    assert.equal(times("file"), [1_000_000_001n, 3_000_000_003n]);
    assert.is(set("link", 1, 0n, 4_000_000_004n, 4), 0);
    assert.is(times("file")[1], 4_000_000_004n);
    for (const flags of [3, 12, 16]) assert.is(set("file", 0, 0n, 0n, flags), ERRNO.inval);
    const before = BigInt(Date.now() - 1000) * 1_000_000n;
    assert.is(guest.call.fd_filestat_set_times?.(guest.open(dir, "file"), 0n, 0n, 2 | 8), 0);
    assert.ok((times("file")[1] as bigint) > before);
  }),
);

test.run();
