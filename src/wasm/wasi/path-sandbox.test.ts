import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { OFLAG } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import { RIGHT } from "./rights.ts";
import { Guest, READ_ONLY, withDirectory } from "./testing.ts";

/** A call with a directory and a path. */
function at(guest: Guest, name: string, dir: number, path: string): number | undefined {
  return guest.call[name]?.(dir, ...guest.text(path));
}

test(
  "no path leads out of a directory",
  withDirectory((path) => {
    mkdirSync(join(path, "jail/deep/er"), { recursive: true });
    writeFileSync(join(path, "secret"), "secret");
    symlinkSync("../secret", join(path, "jail/up"));
    symlinkSync(join(path, "secret"), join(path, "jail/absolute"));
    symlinkSync("..", join(path, "jail/parent"));
    const guest = new Guest();
    const dir = guest.preopen(join(path, "jail"));
    const ways = [
      "../secret",
      "deep/../../secret",
      "deep/er/../../../secret",
      join(path, "secret"),
      "/secret",
      "up",
      "absolute",
      "parent/secret",
    ];
    const out = guest.room(64);
    for (const way of ways) {
      assert.is(guest.open(dir, way, { rights: READ_ONLY }), -ERRNO.perm, way);
      assert.is(guest.call.path_filestat_get?.(dir, 1, ...guest.text(way), out), ERRNO.perm, way);
      assert.is(guest.call.path_filestat_set_times?.(dir, 1, ...guest.text(way), 0n, 0n, 2), ERRNO.perm, way);
    }
    for (const way of ["../new", "parent/new", "/new", join(path, "new"), "deep/../../new"]) {
      assert.is(guest.open(dir, way, { oflags: OFLAG.creat }), -ERRNO.perm, way);
      assert.is(at(guest, "path_create_directory", dir, way), ERRNO.perm, way);
      assert.is(guest.call.path_symlink?.(...guest.text("x"), dir, ...guest.text(way)), ERRNO.perm, way);
      assert.is(
        guest.call.path_rename?.(dir, ...guest.text("deep"), dir, ...guest.text(way)),
        ERRNO.perm,
        way,
      );
    }
    for (const way of ["../secret", "parent/secret", join(path, "secret")]) {
      assert.is(at(guest, "path_unlink_file", dir, way), ERRNO.perm, way);
      assert.is(at(guest, "path_readlink", dir, way), ERRNO.perm, way);
      assert.is(guest.call.path_link?.(dir, 0, ...guest.text(way), dir, ...guest.text("x")), ERRNO.perm, way);
    }
    assert.ok(existsSync(join(path, "secret")));
    assert.not(existsSync(join(path, "new")));
    // Up and down again inside is fine.
    assert.ok(guest.open(dir, "deep/.//er/../../deep/er/", { rights: READ_ONLY }) > 0);
  }),
);

test(
  "in the container's root absolute links and .. are what they are there",
  withDirectory((path) => {
    mkdirSync(join(path, "etc"));
    writeFileSync(join(path, "etc/file"), "inside");
    symlinkSync("/etc/file", join(path, "link"));
    symlinkSync("/etc", join(path, "dir"));
    const guest = new Guest();
    const root = guest.preopen(path, true);
    assert.is(guest.read(guest.open(root, "link", { rights: READ_ONLY }), 9), "inside");
    assert.is(guest.read(guest.open(root, "dir/file", { rights: READ_ONLY }), 9), "inside");
    assert.is(guest.read(guest.open(root, "../../etc/file", { rights: READ_ONLY }), 9), "inside");
    assert.is(at(guest, "path_create_directory", root, "dir/new"), 0);
    assert.ok(existsSync(join(path, "etc/new")));
    assert.is(guest.open(root, "/etc/file", { rights: READ_ONLY }), -ERRNO.perm);
    // The root opened again is the root; a directory below is not.
    const again = guest.open(root, ".", { rights: READ_ONLY });
    assert.is(guest.read(guest.open(again, "link", { rights: READ_ONLY }), 9), "inside");
    assert.is(
      guest.open(guest.open(root, "etc", { rights: READ_ONLY }), "../link", { rights: READ_ONLY }),
      -ERRNO.perm,
    );
  }),
);

test("procfs can be read and not written: /proc/self/mem is the engine's memory", () => {
  const guest = new Guest();
  const root = guest.preopen("/");
  const fd = guest.open(root, "proc/self/status", { rights: READ_ONLY });
  assert.match(String(guest.read(fd, 64)), /^Name:/);
  assert.is(guest.open(root, "proc/self/mem", { rights: RIGHT.fdWrite }), -ERRNO.perm);
  assert.is(guest.open(root, "proc/self/fd/0", { rights: READ_ONLY }), -ERRNO.loop);
});

test.run();
