/** The container's lock: who gets it, when, and what a holder's death does to it. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { files } from "../native/index.ts";
import { lockOwn, NOTHING, unlock, withLock } from "./lock.ts";
import { holderInTable, holderOf } from "./lock-holder.ts";

const test = suite<{ directory: string }>("lock");

test.before.each((context) => {
  context.directory = join(mkdtempSync("/tmp/ocirt-lock-"), "box");
  mkdirSync(context.directory);
});
test.after.each(({ directory }) => rmSync(join(directory, ".."), { recursive: true, force: true }));

/** Another process that has the lock and runs a shell command meanwhile. */
async function holder(directory: string, command: string) {
  const child = spawn("flock", ["--no-fork", directory, "sh", "-c", `echo; ${command}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((done) => child.once("exit", done));
  await new Promise((done) => child.stdout.once("data", done));
  return { child, ended };
}

const codeOf = (what: () => unknown): string | undefined => {
  try {
    what();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

test("work is done under the lock, which is free after it", ({ directory }) => {
  assert.is(
    withLock(directory, "box", () => codeOf(() => files().lock(directory, 0))),
    "EAGAIN",
  );
  unlock(files().lock(directory, 0));
});

test("it is free after work that failed", ({ directory }) => {
  assert.throws(() =>
    withLock(directory, "box", () => {
      throw new Error("work");
    }),
  );
  unlock(files().lock(directory, 0));
});

test("a directory that isn't there has nothing to be locked, and the work is told so", ({ directory }) => {
  assert.is(
    withLock(`${directory}-not`, "box", (there) => `there: ${there}`),
    "there: false",
  );
  assert.is(
    withLock(directory, "box", (there) => `there: ${there}`),
    "there: true",
  );
  assert.is(lockOwn(`${directory}-not`, "box"), undefined);
});

test("another process's lock is waited for, and told of before", async ({ directory }) => {
  const { ended } = await holder(directory, "read line </dev/null; sleep 0.1");
  const order: string[] = [];
  withLock(
    directory,
    "box",
    () => order.push("work"),
    () => order.push("contended"),
  );
  assert.equal(order, ["contended", "work"]);
  await ended;
});

test("a wait that is too long ends with EAGAIN", async ({ directory }) => {
  const { child, ended } = await holder(directory, "exec sleep 100");
  assert.is(
    codeOf(() => files().lock(directory, 60)),
    "EAGAIN",
  );
  assert.type(holderOf(directory), "number");
  child.kill("SIGKILL");
  await ended;
});

test("the directory is another one when the lock is free: the new one is locked", async ({ directory }) => {
  const { child, ended } = await holder(directory, "exec sleep 100");
  const { ino } = files().stat(directory, false) ?? {};
  const lock = withLock(
    directory,
    "box",
    () => files().stat(directory, false)?.ino,
    () => {
      renameSync(directory, `${directory}-old`);
      mkdirSync(directory);
      child.kill("SIGKILL");
    },
  );
  assert.is.not(lock, ino);
  await ended;
});

test("a descriptor of the lock doesn't outlive an exec", ({ directory }) => {
  const lock = lockOwn(directory, "box") ?? NOTHING;
  assert.ok(lock >= 0);
  assert.match(files().readText(`/proc/self/fdinfo/${lock}`), /^flags:\s+02\d{6}$/m);
  unlock(lock);
});

test("the holder in /proc/locks is not one that waits", () => {
  const table = [
    "1: POSIX  ADVISORY  WRITE 11 00:1b:34 0 EOF",
    "2: FLOCK  ADVISORY  WRITE 12 00:1b:34 0 EOF",
    "2: -> FLOCK  ADVISORY  WRITE 13 00:1b:34 0 EOF",
    "3: FLOCK  ADVISORY  WRITE 14 00:1b:134 0 EOF",
  ].join("\n");
  assert.is(holderInTable(table, 34), 12);
  assert.is(holderInTable(table, 4), undefined);
});

test.run();
