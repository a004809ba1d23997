/** The record of a container in the making, beside other commands on the same id. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { files } from "../native/index.ts";
import { unlock } from "./lock.ts";
import { type ContainerRecord, createRecord, directoryOf } from "./store.ts";

const test = suite<{ root: string }>("store");

test.before.each((context) => {
  context.root = mkdtempSync("/tmp/ocirt-store-");
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

const RECORD = { version: 1, id: "box", nonce: "own", annotations: {}, cgroups: {}, hooks: {} };
const own = RECORD as unknown as ContainerRecord;
const fileOf = (root: string) => join(directoryOf(root, "box"), "ocirt.json");

/** What other commands do between the making of the directory and its lock, the first time. */
function meanwhile(others: () => void, work: () => void): void {
  const native = files() as { lock: (directory: string, milliseconds: number) => number };
  const { lock } = native;
  let done = false;
  native.lock = (directory, milliseconds) => {
    if (!done) others();
    done = true;
    return lock.call(native, directory, milliseconds);
  };
  try {
    work();
  } finally {
    native.lock = lock;
  }
}

test("a directory that was removed before it was locked is made again", ({ root }) => {
  meanwhile(
    () => rmSync(directoryOf(root, "box"), { recursive: true }),
    () => unlock(createRecord(root, own)),
  );
  assert.match(readFileSync(fileOf(root), "utf8"), /"nonce":"own"/);
});

test("one that another command has removed, and a third made anew, is the third's", ({ root }) => {
  const directory = directoryOf(root, "box");
  const replace = () => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(fileOf(root), "the third's");
  };
  meanwhile(replace, () =>
    assert.throws(() => createRecord(root, own), /container with the ID `box` already exists/),
  );
  assert.is(readFileSync(fileOf(root), "utf8"), "the third's");
  unlock(files().lock(directory, 0));
  assert.ok(existsSync(directory));
});

test.run();
