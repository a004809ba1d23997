import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Resources } from "../../spec/types.ts";
import { devicePolicy } from "../devices.ts";
import {
  bitmask,
  isInexpressible,
  quotaPerSecond,
  resourceProperties,
  unitProperties,
} from "./properties.ts";

const INFINITY = 2n ** 64n - 1n;
const value = (resources: Resources, name: string, version: 1 | 2 = 2) =>
  resourceProperties(resources, version)
    .filter(([property]) => property === name)
    .at(-1)?.[2];

test("memory: max, low, swap alone; v1's one limit", () => {
  const memory = { limit: 100, swap: 150, reservation: 50 };
  assert.is(value({ memory }, "MemoryMax"), 100n);
  assert.is(value({ memory }, "MemorySwapMax"), 50n);
  assert.is(value({ memory }, "MemoryLow"), 50n);
  assert.is(value({ memory: { limit: -1 } }, "MemoryMax"), INFINITY);
  assert.is(value({ memory }, "MemoryLimit", 1), 100n);
  assert.is(value({ memory }, "MemoryMax", 1), undefined);
});

test("cpu: weight of shares, the quota for each second in steps of 10 ms, idle", () => {
  assert.is(value({ cpu: { shares: 1024 } }, "CPUWeight"), 100n);
  assert.is(value({ cpu: { shares: 1024 } }, "CPUShares", 1), 1024n);
  assert.is(value({ cpu: { quota: 50_000, period: 100_000 } }, "CPUQuotaPerSecUSec"), 500_000n);
  assert.is(value({ cpu: { quota: 50_000, period: 100_000 } }, "CPUQuotaPeriodUSec"), 100_000n);
  assert.is(value({ cpu: { idle: 1, shares: 512 } }, "CPUWeight"), 0n);
  assert.is(quotaPerSecond(33_333, 100_000), 340_000n);
  assert.is(quotaPerSecond(1, 100_000), 10_000n);
  assert.is(quotaPerSecond(-1, 100_000), INFINITY);
  assert.is(quotaPerSecond(0, 100_000), INFINITY);
});

test("cpus and memory nodes are bits", () => {
  assert.equal(bitmask("0-2,8"), [7, 1]);
  assert.equal(bitmask("9"), [0, 2]);
  assert.equal(value({ cpu: { cpus: "0,3" } }, "AllowedCPUs"), [9]);
  assert.is(value({ cpu: { cpus: "0,3" } }, "AllowedCPUs", 1), undefined);
});

test("pids: 0 means 1, -1 no limit", () => {
  const tasks = (limit: number) => value({ pids: { limit } }, "TasksMax");
  assert.equal([tasks(5), tasks(0), tasks(-1)], [5n, 1n, INFINITY]);
});

test("unified files that systemd has a property for overrule the others", () => {
  assert.is(value({ memory: { limit: 5 }, unified: { "memory.max": "max" } }, "MemoryMax"), INFINITY);
  assert.is(value({ unified: { "memory.high": "4096" } }, "MemoryHigh"), 4096n);
  assert.is(value({ unified: { "cpu.max": "20000 50000" } }, "CPUQuotaPerSecUSec"), 400_000n);
  assert.is(value({ unified: { "cpu.max": "max" } }, "CPUQuotaPerSecUSec"), INFINITY);
  assert.equal(resourceProperties({ unified: { "io.max": "8:0 rbps=1" } }, 2), []);
  assert.is(value({ unified: { "memory.low": "64M" } }, "MemoryLow"), 64n << 20n);
  assert.is(value({ unified: { "memory.min": "0x10k" } }, "MemoryMin"), 16n << 10n);
  assert.is(value({ unified: { "pids.max": "0" } }, "TasksMax"), 1n);
});

test("what the control file will refuse is not told to systemd: the file's error names the field", () => {
  for (const resources of [
    { cpu: { cpus: "9999" } },
    { cpu: { mems: "0-99999999999" } },
    { blockIO: { weight: 1 } },
    { blockIO: { weight: 1001 } },
  ])
    assert.equal(resourceProperties(resources, 2), [], JSON.stringify(resources));
  for (const [file, values] of Object.entries({
    "cpuset.cpus": ["0,8192"],
    "cpu.weight": ["0", "10001", "heavy"],
    "cpu.max": ["much", "5 x", "1e30"],
    "memory.max": ["-1", "64MB", "maxk", ""],
    "pids.max": ["few"],
  }))
    for (const text of values)
      assert.equal(resourceProperties({ unified: { [file]: text } }, 2), [], `${file} ${text}`);
});

test("an idle cgroup has no weight of its own", () => {
  const properties = resourceProperties({ cpu: { idle: 1, shares: 512 } }, 2);
  assert.equal(properties, [["CPUWeight", "t", 0n]]);
});

const spec = { ociVersion: "1.2.0", annotations: { "org.systemd.property.CollectMode": "'inactive'" } };
const unit = { slice: "a.slice", name: "b.scope" };

test("a new scope: delegated, accounted, its devices filtered, the annotations last", () => {
  const devices = devicePolicy([{ allow: false, access: "rwm" }], []);
  const properties = unitProperties(spec, unit, { id: "c", version: 2, devices });
  const named = new Map(properties.map(([name, ...rest]) => [name, rest]));
  assert.equal(named.get("Slice"), ["s", "a.slice"]);
  assert.equal(named.get("Delegate"), ["b", true]);
  assert.equal(named.get("IOAccounting"), ["b", true]);
  assert.equal(named.get("DevicePolicy"), ["s", "strict"]);
  const [, allowed] = named.get("DeviceAllow") ?? [];
  assert.ok((allowed as string[][]).some(([node, access]) => node === "/dev/char/1:3" && access === "rwm"));
  assert.ok((allowed as string[][]).some(([node, access]) => node === "char-*" && access === "m"));
  assert.ok((allowed as string[][]).some(([node]) => node === "char-pts"));
  assert.equal(named.get("CollectMode"), ["s", "inactive"]);
});

test("rules for a whole class of devices can't be said to systemd", () => {
  const rule = (major: number, minor?: number) =>
    devicePolicy(
      [
        { allow: false, access: "rwm" },
        { allow: true, type: "c", major, ...(minor === undefined ? {} : { minor }), access: "rw" },
      ],
      [],
    );
  assert.ok(isInexpressible(rule(10)));
  assert.not(isInexpressible(rule(10, 7)));
  const properties = unitProperties(spec, unit, { id: "c", version: 2, devices: rule(10) });
  assert.not(properties.some(([name]) => name === "DeviceAllow"));
});

test.run();
