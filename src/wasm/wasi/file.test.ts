import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FILETYPE, OFLAG } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { type Call, Guest, READ_ONLY, withDirectory } from "./testing.ts";

interface Entry {
  readonly next: bigint;
  readonly inode: bigint;
  readonly type: number;
  readonly name: string;
}

const HEAD = 24;

/** One fd_readdir; the entries that are whole, and how much of the buffer was used. */
function readdir(guest: Guest, fd: number, size: number, cookie: bigint): { entries: Entry[]; used: number } {
  const buffer = guest.room(size);
  const out = guest.room(4);
  assert.is(guest.call.fd_readdir?.(fd, buffer, size, cookie, out), 0);
  const used = guest.u32(out);
  const entries: Entry[] = [];
  for (let at = buffer; at + HEAD <= buffer + used; ) {
    const length = guest.u32(at + 16);
    if (at + HEAD + length > buffer + used) break;
    entries.push({
      next: guest.u64(at),
      inode: guest.u64(at + 8),
      type: guest.view.getUint8(at + 20),
      name: guest.string(at + HEAD, length),
    });
    at += HEAD + length;
  }
  return { entries, used };
}

test(
  "an empty directory has itself and its parent",
  withDirectory((path) => {
    const guest = new Guest();
    const { entries, used } = readdir(guest, guest.preopen(path), 256, 0n);
    assert.ok(used < 256);
    assert.equal(entries.map(({ name }) => name).sort(), [".", ".."]);
    const self = entries.find(({ name }) => name === ".");
    assert.is(self?.inode, statSync(path, { bigint: true }).ino);
    assert.ok(entries.every(({ type }) => type === FILETYPE.directory));
  }),
);

test(
  "entries tell their type and inode",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "");
    mkdirSync(join(path, "dir"));
    symlinkSync("x", join(path, "link"));
    const guest = new Guest();
    const { entries } = readdir(guest, guest.preopen(path), 1024, 0n);
    const types = Object.fromEntries(entries.map(({ name, type }) => [name, type]));
    assert.is(types.file, FILETYPE.regularFile);
    assert.is(types.dir, FILETYPE.directory);
    assert.is(types.link, FILETYPE.symbolicLink);
    const file = entries.find(({ name }) => name === "file");
    assert.is(file?.inode, statSync(join(path, "file"), { bigint: true }).ino);
  }),
);

for (const size of [64, 256, 4096]) {
  test(
    `a large directory is read in parts of ${size} bytes, by cookies`,
    withDirectory((path) => {
      for (let i = 0; i < 200; i++) writeFileSync(join(path, `entry-${i}`), "");
      const seen: string[] = [];
      const guest = new Guest();
      const dir = guest.preopen(path);
      for (let cookie = 0n; ; ) {
        const part = new Guest();
        part.host.table.set(
          dir,
          guest.host.table.get(dir) as NonNullable<ReturnType<typeof guest.host.table.get>>,
        );
        const { entries, used } = readdir(part, dir, size, cookie);
        seen.push(...entries.map(({ name }) => name));
        if (used < size) break;
        // A name longer than the buffer would never be whole.
        assert.ok(entries.length > 0);
        cookie = entries.at(-1)?.next as bigint;
      }
      assert.equal(seen.filter((name) => !name.startsWith(".")).sort(), readdirSync(path).sort());
      assert.is(seen.length, 202);
    }),
  );
}

test(
  "a cookie goes on after its entry, and 0 begins again",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "");
    const guest = new Guest();
    const dir = guest.preopen(path);
    const { entries } = readdir(guest, dir, 1024, 0n);
    const rest = readdir(guest, dir, 1024, entries[1]?.next as bigint);
    assert.equal(rest.entries, entries.slice(2));
    assert.equal(readdir(guest, dir, 1024, 0n).entries, entries);
  }),
);

test(
  "a buffer smaller than an entry is filled with its beginning",
  withDirectory((path) => {
    const guest = new Guest();
    const dir = guest.preopen(path);
    assert.is(readdir(guest, dir, 10, 0n).used, 10);
    assert.is(readdir(guest, dir, 0, 0n).used, 0);
    assert.is(
      guest.call.fd_readdir?.(guest.open(dir, "f", { oflags: OFLAG.creat }), 0, 0, 0n, 0),
      ERRNO.notdir,
    );
  }),
);

test(
  "size and space",
  withDirectory((path) => {
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file", { oflags: OFLAG.creat });
    const size = () => statSync(join(path, "file")).size;
    const call = guest.call as Record<string, Call>;
    assert.is(call.fd_filestat_set_size?.(fd, 100n), 0);
    assert.is(size(), 100);
    assert.is(call.fd_advise?.(fd, 10n, 50n, 0), 0);
    assert.is(call.fd_advise?.(fd, 0n, 0n, 6), ERRNO.inval);
    assert.is(size(), 100);
    assert.is(call.fd_allocate?.(fd, 100n, 100n), 0);
    assert.is(size(), 200);
    assert.is(call.fd_allocate?.(fd, 0n, 0n), ERRNO.inval);
    assert.is(call.fd_filestat_set_size?.(fd, -1n), ERRNO.inval);
    assert.is(call.fd_sync?.(fd), 0);
    assert.is(call.fd_datasync?.(fd), 0);
  }),
);

test(
  "a file opened to be read has no right to change its size",
  withDirectory((path) => {
    writeFileSync(join(path, "file"), "12345");
    const guest = new Guest();
    const fd = guest.open(guest.preopen(path), "file", { rights: READ_ONLY });
    assert.is(guest.call.fd_filestat_set_size?.(fd, 0n), ERRNO.notcapable);
    assert.is(guest.call.fd_allocate?.(fd, 0n, 9n), ERRNO.notcapable);
    assert.is(statSync(join(path, "file")).size, 5);
  }),
);

test.run();
