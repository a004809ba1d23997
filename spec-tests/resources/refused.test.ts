/** A limit that the kernel can't set, or that can't be kept, is refused by its field's name before anything runs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { assert, type Case, cgroup, clause, conclude } from "../harness/index.ts";
import { argvOf, DRIVERS, type Driver, type Resources } from "./place.ts";

const MiB = 1024 * 1024;
const NO_DEVICE = { major: 254, minor: 254 };

/** Pointer below /linux/resources, and what nobody can set there. */
type Refusal = readonly [pointer: string, resources: Resources];

const BOTH: readonly Refusal[] = [
  ["/memory/limit", { memory: { limit: 1 } }],
  ["/memory/limit", { memory: { limit: 4096 } }],
  ["/memory/swap", { memory: { limit: 64 * MiB, swap: 32 * MiB } }],
  ["/memory/swap", { memory: { swap: 96 * MiB } }],
  ["/cpu/quota", { cpu: { quota: 1 } }],
  ["/cpu/quota", { cpu: { quota: 999 } }],
  ["/cpu/period", { cpu: { period: 999 } }],
  ["/cpu/period", { cpu: { period: 1_000_001 } }],
  // Whichever comes second, which is the burst where systemd has set the quota.
  ["/cpu/(quota|burst)", { cpu: { quota: 50_000, burst: 50_001 } }],
  ["/cpu/idle", { cpu: { idle: 2 } }],
  ["/cpu/cpus", { cpu: { cpus: "9999" } }],
  ["/cpu/mems", { cpu: { mems: "999" } }],
  ["/pids/limit", { pids: { limit: 4_194_305 } }],
  ["/blockIO/weight", { blockIO: { weight: 1001 } }],
  ["/blockIO/leafWeight", { blockIO: { leafWeight: 500 } }],
  ["/blockIO/weightDevice/0/weight", { blockIO: { weightDevice: [{ ...NO_DEVICE, weight: 500 }] } }],
  ["/hugepageLimits/0", { hugepageLimits: [{ pageSize: "3MB", limit: 4 * MiB }] }],
  ["/rdma/none", { rdma: { none: { hcaHandles: 3 } } }],
];

const V1: readonly Refusal[] = [
  ["/memory/swappiness", { memory: { swappiness: 101 } }],
  ["/memory/useHierarchy", { memory: { useHierarchy: false } }],
  ["/cpu/shares", { cpu: { shares: 1 } }],
  ["/cpu/shares", { cpu: { shares: 262_145 } }],
  ["/cpu/realtimeRuntime", { cpu: { realtimeRuntime: 1_000_001 } }],
  ["/blockIO/throttleReadBpsDevice/0", { blockIO: { throttleReadBpsDevice: [{ ...NO_DEVICE, rate: 1 }] } }],
  [
    "/blockIO/throttleWriteIOPSDevice/0",
    { blockIO: { throttleWriteIOPSDevice: [{ ...NO_DEVICE, rate: 1 }] } },
  ],
  ["/network/priorities/0", { network: { priorities: [{ name: "none0", priority: 3 }] } }],
  ["/unified", { unified: { "pids.max": "5" } }],
];

const V2: readonly Refusal[] = [
  ["/memory/swappiness", { memory: { swappiness: 0 } }],
  ["/memory/disableOOMKiller", { memory: { disableOOMKiller: true } }],
  ["/memory/useHierarchy", { memory: { useHierarchy: false } }],
  ["/memory/kernel", { memory: { kernel: 64 * MiB } }],
  ["/memory/kernelTCP", { memory: { kernelTCP: 64 * MiB } }],
  ["/cpu/realtimePeriod", { cpu: { realtimePeriod: 500_000 } }],
  ["/cpu/realtimeRuntime", { cpu: { realtimeRuntime: -1 } }],
  ["/network/classID", { network: { classID: 1 } }],
  ["/network/priorities", { network: { priorities: [{ name: "lo", priority: 3 }] } }],
  ["/unified/memory.oom.group", { unified: { "memory.oom.group": "2" } }],
  ["/unified/memory.max", { unified: { "memory.max": "many" } }],
  ["/unified/memory.max", { unified: { "memory.max": "4096" } }],
  ["/unified/cpu.weight", { unified: { "cpu.weight": "10001" } }],
  ["/unified/cpu.max", { unified: { "cpu.max": "1 100000" } }],
  ["/unified/memory.nosuch", { unified: { "memory.nosuch": "1" } }],
  ["/unified/nosuch.max", { unified: { "nosuch.max": "1" } }],
  ["/unified/a", { unified: { a: "1" } }],
  ["/unified/..~1cgroup.procs", { unified: { "../cgroup.procs": "1" } }],
];

/** systemd moves init into the scope, where the others have it born. */
const V2_BORN: readonly Refusal[] = [["/unified/pids.max", { unified: { "pids.max": "0" } }]];

function refuse(t: Case, driver: Driver, [pointer, resources]: Refusal, suffix: string): void {
  const container = t.container((c, own) => {
    c.process.args = ["touch", "/ran"];
    c.linux.resources = resources;
    if (driver === "systemd") c.linux.cgroupsPath = `system.slice:spec:${own.id}`;
  }, suffix);
  const words = ["run", "--bundle", container.bundle, container.id];
  const result = t.execute(argvOf(t, "ocirt", driver, words));
  assert.is(result.status, 1, `${pointer} ${JSON.stringify(resources)}`);
  assert.match(
    result.stderr,
    new RegExp(`\\(config\\.json /linux/resources${pointer}[/)]`),
    JSON.stringify(resources),
  );
  assert.not(existsSync(join(container.rootfs, "ran")), `${pointer}: ran`);
}

/** What systemd is told, too, and might refuse before the control file does. */
const TOLD =
  /^\/(memory\/(limit|swap)|cpu\/(\(|quota|period|cpus)|pids|blockIO\/weight$|unified\/(memory\.max|cpu))/;

for (const driver of DRIVERS) {
  const concerned = (all: readonly Refusal[]) =>
    driver === "systemd" ? all.filter(([pointer]) => TOLD.test(pointer)) : all;
  for (const [version, refusals] of [
    ["both", concerned(BOTH)],
    ["v1", V1],
    ["v2", driver === "systemd" ? concerned(V2) : [...V2, ...V2_BORN]],
  ] as const) {
    if (version === (cgroup.unified ? "v1" : "v2")) continue;
    clause(
      `what can't be set names its field, nothing ran and nothing is left: ${version}, ${driver}`,
      (t) => {
        for (const [index, refusal] of refusals.entries()) refuse(t, driver, refusal, `-${index}`);
      },
      { needs: ["cgroup", "ocirt"] },
    );
  }
}

conclude();
