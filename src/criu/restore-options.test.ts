import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseCommandLine } from "../cli/parse.ts";
import { type RestoreFacts, type RestoreOptions, restoreOptions } from "./restore-options.ts";

const FACTS: RestoreFacts = { root: "/root", images: 3, mounts: [], inherited: [], cgroups: [], joins: [] };

const message = (words: string[] = [], facts: Partial<RestoreFacts> = {}) =>
  restoreOptions(parseCommandLine(["restore", "id", ...words]).options as unknown as RestoreOptions, {
    ...FACTS,
    ...facts,
  });

test("each flag sets its field", () => {
  const flags: [string, number][] = [
    ["--ext-unix-sk", 4],
    ["--tcp-established", 5],
    ["--shell-job", 7],
    ["--file-locks", 8],
    ["--auto-dedup", 16],
    ["--lazy-pages", 48],
    ["--tcp-close", 52],
  ];
  for (const [flag, field] of flags) {
    assert.is(message([flag]).get(field), true, flag);
    assert.is(message().get(field), false, `${field} of no flag`);
  }
});

test("each flag with a value sets its field", () => {
  const modes = { ignore: 0, soft: 3, full: 4, strict: 5 };
  assert.is(message().get(34), 3, "soft");
  for (const [mode, number] of Object.entries(modes))
    assert.is(message(["--manage-cgroups-mode", mode]).get(34), number, mode);
  assert.is(message().get(64), undefined, "criu's own choice");
  for (const [lock, number] of Object.entries({ iptables: 1, nftables: 2, skip: 3 }))
    assert.is(message(["--network-lock", lock]).get(64), number, lock);
  assert.is(message(["--empty-ns", "network"]).get(38), 0x4000_0000);
  assert.is(message(["--lsm-profile", "apparmor:x"]).get(53), "apparmor:x");
  assert.is(message(["--lsm-mount-context", "a:b"]).get(63), "a:b");
});

test("what is of the host: the root, mounts, cgroups, descriptors and namespaces", () => {
  const given = message([], {
    mounts: [["/data", "/host"]],
    cgroups: [["cpu,cpuacct", "/x"]],
    inherited: [["pipe:[7]", 1]],
    joins: [["uts", "/ns"]],
    configFile: "/c",
    work: 4,
  });
  const pair = (first: string, second: string | number) => [
    new Map<number, string | number>([
      [1, first],
      [2, second],
    ]),
  ];
  assert.is(given.get(13), "/root");
  assert.is(given.get(17), 4);
  assert.equal(given.get(23), pair("/data", "/host"));
  assert.equal(given.get(25), pair("cpu,cpuacct", "/x"));
  assert.is(given.get(26), true, "a child of this process");
  assert.equal(given.get(27), pair("pipe:[7]", 1));
  assert.equal(given.get(39), pair("uts", "/ns"));
  assert.is(given.get(51), "/c");
});

test.run();
