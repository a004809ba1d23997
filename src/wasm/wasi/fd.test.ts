import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FDFLAG, FILETYPE, OFLAG } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { standardStream } from "./fdtable.ts";
import { UNSTABLE } from "./imports.ts";
import { RIGHT, RIGHTS_DIRECTORY } from "./rights.ts";
import { type Call, Guest, READ_ONLY, withDirectory } from "./testing.ts";

const create = { oflags: OFLAG.creat };

test(
  "writes gather, reads scatter, and the counts come back",
  withDirectory((path) => {
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file", create);
    const out = guest.room(4);
    const [iovs, count] = guest.vectors(Buffer.from("one "), new Uint8Array(0), Buffer.from("two"));
    assert.is(guest.call.fd_write?.(fd, iovs, count, out), 0);
    assert.is(guest.u32(out), 7);
    assert.is(guest.call.fd_seek?.(fd, 0n, 0, guest.room(8)), 0);
    const [into, places, first = 0, second = 0] = guest.vectors(new Uint8Array(5), new Uint8Array(10));
    assert.is(guest.call.fd_read?.(fd, into, places, out), 0);
    assert.is(guest.u32(out), 7);
    assert.is(guest.string(first, 5) + guest.string(second, 2), "one two");
  }),
);

test(
  "pread and pwrite leave the position alone",
  withDirectory((path) => {
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file", create);
    guest.write(fd, "hello");
    const out = guest.room(8);
    const [iovs, count] = guest.vectors(Buffer.from("J"));
    assert.is(guest.call.fd_pwrite?.(fd, iovs, count, 0n, out), 0);
    const [into, places, buffer = 0] = guest.vectors(new Uint8Array(9));
    assert.is(guest.call.fd_pread?.(fd, into, places, 1n, out), 0);
    assert.is(guest.string(buffer, guest.u32(out)), "ello");
    assert.is(guest.call.fd_tell?.(fd, out), 0);
    assert.is(guest.u64(out), 5n);
    assert.is(readFileSync(join(path, "file"), "utf8"), "Jello");
    assert.is(guest.call.fd_pread?.(fd, into, places, -1n, out), ERRNO.inval);
  }),
);

test(
  "seek knows its three origins, and wasi_unstable's other numbers for them",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "0123456789");
    for (const [module, set, current, end] of [
      [undefined, 0, 1, 2],
      [UNSTABLE, 2, 0, 1],
    ] as const) {
      const guest = new Guest({}, module);
      const fd = guest.open(guest.preopen(path), "file", { rights: READ_ONLY });
      const out = guest.room(8);
      const seek = (offset: bigint, whence: number) => {
        assert.is(guest.call.fd_seek?.(fd, offset, whence, out), 0);
        return guest.u64(out);
      };
      assert.is(seek(4n, set), 4n);
      assert.is(seek(2n, current), 6n);
      assert.is(seek(-1n, end), 9n);
      assert.is(guest.call.fd_seek?.(fd, -1n, set, out), ERRNO.inval);
      assert.is(guest.call.fd_seek?.(fd, 0n, 3, out), ERRNO.inval);
    }
  }),
);

test(
  "append mode can be switched on and off",
  withDirectory((path) => {
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file", { ...create, fdflags: FDFLAG.append });
    const stat = guest.room(24);
    const flags = () => {
      assert.is(guest.call.fd_fdstat_get?.(fd, stat), 0);
      return guest.u16(stat + 2);
    };
    guest.write(fd, "aaa");
    guest.call.fd_seek?.(fd, 0n, 0, guest.room(8));
    guest.write(fd, "b");
    assert.is(flags(), FDFLAG.append);
    assert.is(guest.call.fd_fdstat_set_flags?.(fd, 0), 0);
    assert.is(flags(), 0);
    guest.call.fd_seek?.(fd, 0n, 0, guest.room(8));
    guest.write(fd, "c");
    assert.is(readFileSync(join(path, "file"), "utf8"), "caab");
    assert.is(guest.call.fd_fdstat_set_flags?.(fd, FDFLAG.nonblock), 0);
    assert.is(flags(), FDFLAG.nonblock);
    assert.is(guest.call.fd_fdstat_set_flags?.(fd, 32), ERRNO.inval);
  }),
);

test(
  "sync flags are told as they were opened, and can't be changed",
  withDirectory((path) => {
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file", { ...create, fdflags: FDFLAG.append | FDFLAG.sync });
    const stat = guest.room(24);
    guest.call.fd_fdstat_get?.(fd, stat);
    assert.is(guest.u16(stat + 2), FDFLAG.append | FDFLAG.sync);
    assert.is(guest.call.fd_fdstat_set_flags?.(fd, FDFLAG.sync), 0);
    assert.is(guest.call.fd_fdstat_set_flags?.(fd, 0), ERRNO.notsup);
  }),
);

test(
  "rights can be given away and never taken back",
  withDirectory((path) => {
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file", {
      ...create,
      rights: RIGHT.fdRead | RIGHT.fdWrite | RIGHT.fdSeek | RIGHT.fdTell,
    });
    const stat = guest.room(24);
    guest.call.fd_fdstat_get?.(fd, stat);
    const before = guest.u64(stat + 8);
    assert.is(before, BigInt(RIGHT.fdRead | RIGHT.fdWrite | RIGHT.fdSeek | RIGHT.fdTell));
    const inheriting = guest.u64(stat + 16);
    const set = guest.call.fd_fdstat_set_rights as Call;
    assert.is(set(fd, BigInt(RIGHT.fdSeek), inheriting), 0);
    assert.is(guest.write(fd, "x"), -ERRNO.notcapable);
    assert.is(guest.read(fd, 1), ERRNO.notcapable);
    assert.is(set(fd, before, inheriting), ERRNO.notcapable);
    // Where one is may be asked with the right to go elsewhere.
    assert.is(guest.call.fd_seek?.(fd, 0n, 1, guest.room(8)), 0);
    assert.is(guest.call.fd_tell?.(fd, guest.room(8)), ERRNO.notcapable);
  }),
);

test(
  "a file opened to be read can't be written, and the other way round",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    writeFileSync(join(path, "file"), "text");
    const reader = guest.open(dir, "file", { rights: RIGHT.fdRead });
    assert.is(guest.read(reader, 9), "text");
    assert.is(guest.write(reader, "x"), -ERRNO.notcapable);
    const writer = guest.open(dir, "file", { rights: RIGHT.fdWrite });
    assert.is(guest.write(writer, "T"), 1);
    assert.is(guest.read(writer, 9), ERRNO.notcapable);
  }),
);

test(
  "a directory is no file",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    const out = guest.room(8);
    const [iovs, count] = guest.vectors(new Uint8Array(4));
    const call = guest.call as Record<string, Call>;
    const results = {
      read: call.fd_read?.(dir, iovs, count, out),
      write: call.fd_write?.(dir, iovs, count, out),
      pread: call.fd_pread?.(dir, iovs, count, 0n, out),
      pwrite: call.fd_pwrite?.(dir, iovs, count, 0n, out),
      seek: call.fd_seek?.(dir, 0n, 1, out),
      tell: call.fd_tell?.(dir, out),
      allocate: call.fd_allocate?.(dir, 0n, 1n),
      truncate: call.fd_filestat_set_size?.(dir, 0n),
    };
    for (const [name, errno] of Object.entries(results)) assert.is(errno, ERRNO.isdir, name);
    const stat = guest.room(24);
    assert.is(guest.call.fd_fdstat_get?.(dir, stat), 0);
    assert.is(guest.view.getUint8(stat), FILETYPE.directory);
    assert.is(guest.u64(stat + 8), BigInt(RIGHTS_DIRECTORY));
  }),
);

test(
  "renumber replaces an open descriptor and closes what was there",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    const one = guest.open(dir, "one", create);
    const two = guest.open(dir, "two", create);
    assert.is(guest.call.fd_renumber?.(one, two), 0);
    assert.is(guest.call.fd_close?.(one), ERRNO.badf);
    assert.is(guest.write(two, "moved"), 5);
    assert.is(readFileSync(join(path, "one"), "utf8"), "moved");
    assert.is(guest.call.fd_renumber?.(two, one), ERRNO.badf);
    assert.is(guest.call.fd_renumber?.(two, two), 0);
    assert.is(guest.call.fd_renumber?.(two, dir), 0);
    assert.is(guest.call.fd_prestat_get?.(dir, guest.room(8)), ERRNO.badf);
  }),
);

test(
  "the lowest free number is given next",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    const fds = Array.from({ length: 4 }, (_, i) => guest.open(dir, `file${i}`, create));
    assert.equal(fds, [dir + 1, dir + 2, dir + 3, dir + 4]);
    guest.call.fd_close?.(dir + 3);
    guest.call.fd_close?.(dir + 2);
    assert.is(guest.open(dir, "again", create), dir + 2);
    assert.is(guest.open(dir, "again", create), dir + 3);
    assert.is(guest.open(dir, "again", create), dir + 5);
  }),
);

test(
  "preopens tell their name",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    const out = guest.room(8);
    assert.is(guest.call.fd_prestat_get?.(dir, out), 0);
    assert.is(guest.u32(out), 0);
    assert.is(guest.u32(out + 4), 1);
    assert.is(guest.call.fd_prestat_dir_name?.(dir, out, 0), ERRNO.nametoolong);
    assert.is(guest.call.fd_prestat_dir_name?.(dir, out, 4), 0);
    assert.is(guest.string(out, 1), "/");
    assert.is(guest.call.fd_prestat_get?.(guest.open(dir, ".", { rights: READ_ONLY }), out), ERRNO.badf);
    assert.is(guest.call.fd_prestat_get?.(99, out), ERRNO.badf);
  }),
);

test(
  "a directory as a standard stream gives no way to its files",
  withDirectory((path) => {
    mkdirSync(join(path, "sub"));
    const guest = new Guest();
    const fd = guest.host.native.openDirectory(path);
    const stream = guest.host.table.add(standardStream(fd, FILETYPE.directory, false));
    assert.is(guest.open(stream, "sub"), -ERRNO.notcapable);
    assert.is(guest.call.fd_readdir?.(stream, guest.room(64), 64, 0n, guest.room(4)), ERRNO.notcapable);
  }),
);

test("a terminal has no position, which is how a C library knows it", () => {
  const terminal = standardStream(0, FILETYPE.characterDevice, true);
  assert.is(terminal.rightsBase & (RIGHT.fdSeek | RIGHT.fdTell), 0);
  const other = standardStream(0, FILETYPE.characterDevice, false);
  assert.is(other.rightsBase & RIGHT.fdSeek, RIGHT.fdSeek);
});

test.run();
