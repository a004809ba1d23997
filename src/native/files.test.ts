import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { files, isNativeError } from "./index.ts";

const top = mkdtempSync(join(tmpdir(), "ocirt-files-"));
const at = (...parts: string[]) => join(top, ...parts);
test.after(() => rmSync(top, { recursive: true, force: true }));

/** The code, system call and path of what `run` throws. */
function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isNativeError(error)) return `${error.code} ${error.syscall} ${error.path ?? ""}`.trim();
    throw error;
  }
  return "no error";
}

test("what is written is read back, as text and as bytes", () => {
  files().writeFile(at("text"), "grüße\n", 0o640);
  assert.is(files().readText(at("text")), "grüße\n");
  assert.is(statSync(at("text")).mode & 0o777, 0o640);
  const bytes = new Uint8Array([0, 1, 254, 255]);
  files().writeFile(at("bytes"), bytes.subarray(1, 3), 0o600);
  assert.equal([...files().readFile(at("bytes"))], [1, 254]);
});

test("a file larger than every buffer, an empty one and a procfs one come whole", () => {
  const large = "0123456789abcdef".repeat(100_000);
  files().writeFile(at("large"), large, 0o600);
  assert.is(files().readText(at("large")), large);
  files().writeFile(at("empty"), "", 0o600);
  assert.is(files().readText(at("empty")), "");
  assert.is(files().readFile(at("empty")).length, 0);
  assert.is(files().readText("/proc/self/mountinfo"), readFileSync("/proc/self/mountinfo", "utf8"));
});

test("errors tell errno, system call and path", () => {
  assert.is(
    failure(() => files().readText(at("none"))),
    `ENOENT open ${at("none")}`,
  );
  assert.is(
    failure(() => files().readFile(top)),
    `EISDIR read ${top}`,
  );
  assert.is(
    failure(() => files().writeExisting(at("none"), "x")),
    `ENOENT open ${at("none")}`,
  );
  assert.is(
    failure(() => files().rmdir(at("none"))),
    `ENOENT rmdir ${at("none")}`,
  );
  assert.is(
    failure(() => files().close(987654)),
    "EBADF close",
  );
});

test("a path with a NUL names nothing, not the part before it", () => {
  writeFileSync(at("cut"), "here");
  assert.match(
    failure(() => files().readText(`${at("cut")}\0.json`)),
    /^ENOENT/,
  );
  assert.is(files().stat(`${at("cut")}\0`, true), undefined);
  assert.match(
    failure(() => files().unlink(`${at("cut")}\0`)),
    /^ENOENT/,
  );
  assert.is(readFileSync(at("cut"), "utf8"), "here");
});

test("writeAtomic replaces the file and leaves no temporary, also when it fails", () => {
  mkdirSync(at("atomic/directory/full"), { recursive: true });
  files().writeAtomic(at("atomic/state"), "one", 0o600);
  const before = statSync(at("atomic/state")).ino;
  files().writeAtomic(at("atomic/state"), "two", 0o644);
  assert.is(files().readText(at("atomic/state")), "two");
  assert.is.not(statSync(at("atomic/state")).ino, before);
  assert.is(statSync(at("atomic/state")).mode & 0o777, 0o644);
  assert.match(
    failure(() => files().writeAtomic(at("atomic/directory"), "x", 0o600)),
    /^EISDIR rename/,
  );
  assert.equal(files().readdir(at("atomic")), ["directory", "state"]);
});

test("mkdirAll keeps what exists and gives new directories the mode", () => {
  mkdirSync(at("kept"), { mode: 0o755 });
  files().mkdirAll(at("kept/a//b/"), 0o711);
  assert.is(statSync(at("kept")).mode & 0o777, 0o755);
  assert.is(statSync(at("kept/a")).mode & 0o777, 0o711);
  assert.is(statSync(at("kept/a/b")).mode & 0o777, 0o711);
  files().mkdirAll(at("kept/a/b"), 0o700);
  symlinkSync("a", at("kept/link"));
  files().mkdirAll(at("kept/link/c"), 0o700);
  assert.ok(statSync(at("kept/a/c")).isDirectory());
  writeFileSync(at("kept/file"), "");
  assert.match(
    failure(() => files().mkdirAll(at("kept/file"), 0o700)),
    /^ENOTDIR/,
  );
  assert.match(
    failure(() => files().mkdirAll(at("kept/file/below"), 0o700)),
    /^ENOTDIR/,
  );
});

test("stat follows or does not, and is undefined for what does not exist", () => {
  writeFileSync(at("target"), "12345");
  symlinkSync("target", at("pointer"));
  symlinkSync("nowhere", at("dangling"));
  const followed = files().stat(at("pointer"), true);
  assert.is(followed?.size, 5);
  assert.is(followed?.ino, statSync(at("target")).ino);
  assert.is((files().stat(at("pointer"), false)?.mode ?? 0) & 0o170000, 0o120000);
  assert.is(files().stat(at("dangling"), true), undefined);
  assert.is(files().stat(at("target/below"), true), undefined);
  assert.is(files().stat("/dev/null", true)?.rdev, statSync("/dev/null").rdev);
  assert.is(files().readlink(at("pointer")), "target");
  assert.is(files().realpath(at("pointer")), files().realpath(at("target")));
});

test("descriptors: open is close-on-exec, writes and reads are whole", () => {
  const fd = files().open(at("log"), 0o2101 /* O_WRONLY|O_CREAT|O_APPEND */, 0o644);
  assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"), /flags:\s+02102?00?1/);
  files().writeFd(fd, "one\n");
  files().writeFd(fd, new TextEncoder().encode("two\n"));
  files().close(fd);
  const reading = files().open(at("log"), 0, 0);
  assert.is(files().readFd(reading).toString(), "one\ntwo\n");
  files().close(reading);
});

test("removeTree follows no symbolic link, and absent is fine", () => {
  mkdirSync(at("outside"));
  writeFileSync(at("outside/precious"), "");
  mkdirSync(at("tree/a/b"), { recursive: true });
  for (let i = 0; i < 300; i++) writeFileSync(at(`tree/a/file${i}`), "");
  symlinkSync("../outside", at("tree/link"));
  symlinkSync("../../../outside", at("tree/a/b/link"));
  files().removeTree(at("tree/"));
  assert.is(files().stat(at("tree"), false), undefined);
  assert.is(readFileSync(at("outside/precious"), "utf8"), "");
  files().removeTree(at("tree"));
  files().removeTree(at("none/below"));
  symlinkSync("outside", at("link"));
  files().removeTree(at("link"));
  assert.equal(files().readdir(at("outside")), ["precious"]);
  // Only names that would do no harm if this failed.
  for (const path of [`${at("outside")}/..`, `${at("outside")}/.`]) {
    assert.match(
      failure(() => files().removeTree(path)),
      /^EINVAL/,
    );
  }
});

/** Whether this process may mount, in a namespace of its own. */
function mayMount(): boolean {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

if (mayMount()) {
  test("removeTree crosses no mount, not even a bind mount of the same file system", () => {
    mkdirSync(at("mounts/inner/bind"), { recursive: true });
    mkdirSync(at("mounts/gone"));
    mkdirSync(at("source"));
    writeFileSync(at("source/precious"), "");
    const script = `
      import { files } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
      try { files().removeTree(process.argv[1]); } catch (error) { files().writeFd(1, error.code + " " + error.path); }`;
    const out = execFileSync(
      "unshare",
      [
        "-m",
        "sh",
        "-c",
        'mount --bind "$1/source" "$1/mounts/inner/bind" && exec "$2" -e "$3" "$1/mounts"',
        "sh",
        top,
        process.execPath,
        script,
      ],
      { encoding: "utf8" },
    );
    assert.is(out, `EXDEV ${at("mounts/inner/bind")}`);
    assert.equal(files().readdir(at("source")), ["precious"]);
    assert.equal(files().readdir(at("mounts")), ["inner"]);
  });
}

test.run();
