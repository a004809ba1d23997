import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseCommandLine } from "../cli/parse.ts";
import { type CheckpointOptions, dumpOptions } from "./options.ts";

const FACTS = { pid: 7, rootfs: "/rootfs", images: 3, mounts: [], external: [] } as const;

/** The numbers of criu_opts (criu 3.17's rpc.proto). */
const FIELDS = {
  leaveRunning: 3,
  extUnixSk: 4,
  tcpEstablished: 5,
  shellJob: 7,
  fileLocks: 8,
  pageServer: 11,
  parentImages: 14,
  trackMemory: 15,
  autoDedup: 16,
  linkRemap: 18,
  externalMounts: 23,
  manageCgroupsMode: 34,
  emptyNamespaces: 38,
  tcpSkipInFlight: 46,
  lazyPages: 48,
  networkLock: 64,
} as const;

const message = (...words: string[]) =>
  dumpOptions(
    parseCommandLine(["checkpoint", "id", ...words]).options as unknown as CheckpointOptions,
    FACTS,
  );

/** The fields that these flags change, and to what. */
function changes(...words: string[]): Record<number, unknown> {
  const before = message();
  return Object.fromEntries([...message(...words)].filter(([field, value]) => value !== before.get(field)));
}

test("each flag sets its field", () => {
  const flags: [string, number][] = [
    ["--leave-running", FIELDS.leaveRunning],
    ["--ext-unix-sk", FIELDS.extUnixSk],
    ["--tcp-established", FIELDS.tcpEstablished],
    ["--shell-job", FIELDS.shellJob],
    ["--file-locks", FIELDS.fileLocks],
    ["--auto-dedup", FIELDS.autoDedup],
    ["--link-remap", FIELDS.linkRemap],
    ["--tcp-skip-in-flight", FIELDS.tcpSkipInFlight],
    ["--lazy-pages", FIELDS.lazyPages],
  ];
  for (const [flag, field] of flags) assert.is(changes(flag)[field], true, flag);
  for (const [, field] of flags) assert.is(message().get(field), false, `${field} of no flag`);
});

test("each flag with a value sets its field", () => {
  const modes = { ignore: 0, full: 4, strict: 5 };
  assert.is(message().get(FIELDS.manageCgroupsMode), 3, "soft");
  for (const [mode, number] of Object.entries(modes))
    assert.is(changes("--manage-cgroups-mode", mode)[FIELDS.manageCgroupsMode], number, mode);
  const locks = { iptables: 1, nftables: 2, skip: 3 };
  assert.is(message().get(FIELDS.networkLock), undefined, "criu's own choice");
  for (const [lock, number] of Object.entries(locks))
    assert.is(changes("--network-lock", lock)[FIELDS.networkLock], number, lock);
  assert.is(changes("--empty-ns", "network")[FIELDS.emptyNamespaces], 0x4000_0000);
  const parent = changes("--parent-path", "../first");
  assert.equal([parent[FIELDS.parentImages], parent[FIELDS.trackMemory]], ["../first", true]);
});

test("a page server: an address of either family and a port", () => {
  const server = (text: string) => changes("--page-server", text)[FIELDS.pageServer];
  const expected = (address: string, port: number) =>
    new Map<number, unknown>([
      [1, address],
      [2, port],
    ]);
  assert.equal(server("10.0.0.1:27"), expected("10.0.0.1", 27));
  assert.equal(server("::1:65535"), expected("::1", 65535));
  for (const wrong of ["host", ":1", "host:0", "host:65536", "host:1.5", "host:x"])
    assert.throws(() => message("--page-server", wrong), /--page-server is not ADDRESS:PORT/, wrong);
});

test("a pre-dump saves no mounts", () => {
  assert.is(message("--pre-dump").get(FIELDS.externalMounts), undefined);
});

test.run();
