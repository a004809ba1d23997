import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import type { Resources } from "../spec/types.ts";
import { cpuWeight, ioWeight, limitsV2 } from "./limits-v2.ts";

const written = (resources: Resources) => limitsV2(resources).map(({ file, value }) => `${file}=${value}`);

test("shares become a weight: both ends, both defaults, and what Kubernetes asks for", () => {
  assert.equal([2, 102, 512, 1024, 2048, 262144].map(cpuWeight), [1, 17, 59, 100, 174, 10000]);
  assert.equal([1, 300000].map(cpuWeight), [1, 10000]);
});

test("block I/O weight becomes a weight", () => {
  assert.equal([10, 500, 1000].map(ioWeight), [1, 4950, 10000]);
});

test("memory: swap alone is what is beyond memory", () => {
  assert.equal(written({ memory: { limit: 67108864, swap: 134217728, reservation: 33554432 } }), [
    "memory.swap.max=67108864",
    "memory.max=67108864",
    "memory.low=33554432",
  ]);
  assert.equal(written({ memory: { limit: -1 } }), ["memory.swap.max=max", "memory.max=max"]);
  assert.equal(written({ memory: { limit: 4096, swap: -1 } }), ["memory.swap.max=max", "memory.max=4096"]);
  assert.equal(written({ memory: { limit: -1, swap: 4096 } }), ["memory.swap.max=4096", "memory.max=max"]);
  assert.equal(written({ memory: { limit: 4096 } }), ["memory.max=4096"]);
});

test("memory: where no swap is counted, forbidding or allowing it all is done already", () => {
  assert.is(limitsV2({ memory: { limit: 4096, swap: 4096 } })[0]?.value, "0");
  assert.is(limitsV2({ memory: { limit: 4096, swap: 4096 } })[0]?.optional, true);
  assert.is(limitsV2({ memory: { limit: 4096, swap: 8192 } })[0]?.optional, undefined);
});

test("cpu: bandwidth is one file, with the kernel's defaults for what is not given", () => {
  assert.equal(written({ cpu: { quota: 50000, period: 200000 } }), ["cpu.max=50000 200000"]);
  assert.equal(written({ cpu: { quota: 50000 } }), ["cpu.max=50000 100000"]);
  assert.equal(written({ cpu: { period: 200000 } }), ["cpu.max=max 200000"]);
  assert.equal(written({ cpu: { quota: -1 } }), ["cpu.max=max 100000"]);
  assert.equal(written({ cpu: { shares: 1024, idle: 1 } }), ["cpu.idle=1"]);
  assert.equal(written({ cpu: { shares: 1024, burst: 500, idle: 0, cpus: "0", mems: "0-1" } }), [
    "cpu.weight=100",
    "cpu.max.burst=500",
    "cpu.idle=0",
    "cpuset.cpus=0",
    "cpuset.mems=0-1",
  ]);
});

test("block I/O, huge pages, pids, RDMA", () => {
  const resources: Resources = {
    pids: { limit: 0 },
    blockIO: {
      weight: 500,
      weightDevice: [{ major: 8, minor: 0, weight: 10 }],
      throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1048576 }],
      throttleWriteIOPSDevice: [{ major: 8, minor: 16, rate: 0 }],
    },
    hugepageLimits: [{ pageSize: "1GB", limit: 0 }],
    rdma: { mlx5_1: { hcaHandles: 3 } },
  };
  assert.equal(written(resources), [
    "pids.max=1",
    "io.bfq.weight=500",
    "io.bfq.weight=8:0 10",
    "io.max=8:0 rbps=1048576",
    "io.max=8:16 wiops=max",
    "hugetlb.1GB.max=0",
    "hugetlb.1GB.rsvd.max=0",
    "rdma.max=mlx5_1 hca_handle=3",
  ]);
  const weights = limitsV2(resources).filter((write) => write.file === "io.bfq.weight");
  assert.equal(
    weights.map((write) => write.fallback),
    [
      { file: "io.weight", value: "4950" },
      { file: "io.weight", value: "8:0 1" },
    ],
  );
});

test("unified files come last and name their controller", () => {
  const writes = limitsV2({
    unified: { "memory.high": "1048576", "cgroup.max.depth": "5" },
    pids: { limit: 5 },
  });
  assert.equal(
    writes.map(({ controller, file, value }) => [controller, file, value]),
    [
      ["pids", "pids.max", "5"],
      ["memory", "memory.high", "1048576"],
      ["cgroup", "cgroup.max.depth", "5"],
    ],
  );
});

test("what engines send for nothing writes nothing", () => {
  const nothing: Resources = {
    memory: {
      limit: 0,
      swap: 0,
      kernel: -1,
      disableOOMKiller: false,
      useHierarchy: true,
      swappiness: 2n ** 64n - 1n,
    },
    cpu: { shares: 0, quota: 0, period: 0, realtimePeriod: 0, realtimeRuntime: 0 },
    blockIO: { weight: 0, leafWeight: 0 },
    network: { classID: 0, priorities: [] },
  };
  assert.equal(written(nothing), []);
});

const ONLY_V1 = "cgroup v2 has nothing like it";
const refused: [Resources, pointer: string, reason: string][] = [
  [{ memory: { swap: 4096 } }, "/memory/swap", "unable to set swap limit without memory limit"],
  [{ memory: { limit: 8192, swap: 4096 } }, "/memory/swap", "memory+swap limit should be >= memory limit"],
  [{ memory: { kernel: 4096 } }, "/memory/kernel", ONLY_V1],
  [{ memory: { kernelTCP: 4096 } }, "/memory/kernelTCP", ONLY_V1],
  [{ memory: { swappiness: 0 } }, "/memory/swappiness", ONLY_V1],
  [{ memory: { disableOOMKiller: true } }, "/memory/disableOOMKiller", ONLY_V1],
  [{ memory: { useHierarchy: false } }, "/memory/useHierarchy", ONLY_V1],
  [{ cpu: { realtimeRuntime: 950000 } }, "/cpu/realtimeRuntime", ONLY_V1],
  [{ blockIO: { leafWeight: 300 } }, "/blockIO/leafWeight", ONLY_V1],
  [
    { blockIO: { weightDevice: [{ major: 8, minor: 0, leafWeight: 3 }] } },
    "/blockIO/weightDevice/0/leafWeight",
    ONLY_V1,
  ],
  [{ network: { classID: 1 } }, "/network/classID", ONLY_V1],
  [{ network: { priorities: [{ name: "lo", priority: 1 }] } }, "/network/priorities", ONLY_V1],
  [
    { unified: { "../x.y": "1" } },
    "/unified/..~1x.y",
    "unified resource ../x.y must be a file name (no slashes)",
  ],
  [
    { unified: { high: "1" } },
    "/unified/high",
    "unified resource high must be in the form CONTROLLER.PARAMETER",
  ],
];

for (const [resources, pointer, reason] of refused) {
  test(`${pointer} is refused: ${reason}`, () => {
    try {
      limitsV2(resources, "");
      assert.unreachable();
    } catch (error) {
      assert.instance(error, OcirtError);
      const { facts } = error as OcirtError;
      assert.equal([facts.pointer, facts.reason], [pointer, reason]);
    }
  });
}

test.run();
