import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import type { Resources } from "../spec/types.ts";
import { limitsV1 } from "./limits-v1.ts";

const written = (resources: Resources) => limitsV1(resources).map(({ file, value }) => `${file}=${value}`);

test("memory: limit before memory+swap, then the rest", () => {
  const memory = {
    limit: 67108864,
    swap: 134217728,
    reservation: 33554432,
    kernelTCP: 4096,
    swappiness: 0,
    disableOOMKiller: true,
    useHierarchy: true,
  };
  assert.equal(written({ memory }), [
    "memory.use_hierarchy=1",
    "memory.limit_in_bytes=67108864",
    "memory.memsw.limit_in_bytes=134217728",
    "memory.soft_limit_in_bytes=33554432",
    "memory.kmem.tcp.limit_in_bytes=4096",
    "memory.oom_control=1",
    "memory.swappiness=0",
  ]);
});

test("memory: no limit at all takes the swap limit away too, where swap is counted", () => {
  const [limit, swap] = limitsV1({ memory: { limit: -1 } });
  assert.equal([limit?.file, limit?.value, limit?.retry], ["memory.limit_in_bytes", "-1", true]);
  assert.equal([swap?.file, swap?.value, swap?.optional], ["memory.memsw.limit_in_bytes", "-1", true]);
  assert.is(swap?.pointer, "/linux/resources/memory/limit");
});

test("memory: numbers beyond 2^53 are exact", () => {
  assert.equal(written({ memory: { limit: 9223372036854771712n } }), [
    "memory.limit_in_bytes=9223372036854771712",
  ]);
});

test("cpu: real-time first, then shares, bandwidth and idle; cpuset before all", () => {
  const cpu = {
    shares: 512,
    quota: 50000,
    period: 100000,
    burst: 1000,
    idle: 1,
    realtimePeriod: 1000000,
    realtimeRuntime: 950000,
    cpus: "0-1",
    mems: "0",
  };
  assert.equal(written({ cpu }), [
    "cpuset.cpus=0-1",
    "cpuset.mems=0",
    "cpu.rt_period_us=1000000",
    "cpu.rt_runtime_us=950000",
    "cpu.shares=512",
    "cpu.cfs_period_us=100000",
    "cpu.cfs_burst_us=1000",
    "cpu.cfs_quota_us=50000",
    "cpu.idle=1",
  ]);
});

test("pids: 0 means 1, negative means no limit", () => {
  assert.equal(written({ pids: { limit: 50 } }), ["pids.max=50"]);
  assert.equal(written({ pids: { limit: 0 } }), ["pids.max=1"]);
  assert.equal(written({ pids: { limit: -1 } }), ["pids.max=max"]);
  assert.equal(written({ pids: {} }), []);
});

test("block I/O: weights with BFQ's names as fallback, throttles per device", () => {
  const blockIO = {
    weight: 500,
    leafWeight: 300,
    weightDevice: [
      { major: 8, minor: 0, weight: 400 },
      { major: 8, minor: 16, leafWeight: 200 },
    ],
    throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1048576 }],
    throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 0 }],
  };
  assert.equal(written({ blockIO }), [
    "blkio.weight=500",
    "blkio.leaf_weight=300",
    "blkio.weight_device=8:0 400",
    "blkio.leaf_weight_device=8:16 200",
    "blkio.throttle.read_bps_device=8:0 1048576",
    "blkio.throttle.write_iops_device=8:0 0",
  ]);
  assert.equal(limitsV1({ blockIO })[0]?.fallback, { file: "blkio.bfq.weight", value: "500" });
});

test("huge pages, network and RDMA", () => {
  assert.equal(
    written({
      hugepageLimits: [{ pageSize: "2MB", limit: 4194304 }],
      network: { classID: 1048577, priorities: [{ name: "eth0", priority: 500 }] },
      rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10000 }, mlx4_0: { hcaObjects: 1000 }, rxe3: {} },
    }),
    [
      "hugetlb.2MB.limit_in_bytes=4194304",
      "hugetlb.2MB.rsvd.limit_in_bytes=4194304",
      "net_cls.classid=1048577",
      "net_prio.ifpriomap=eth0 500",
      "rdma.max=mlx5_1 hca_handle=3 hca_object=10000",
      "rdma.max=mlx4_0 hca_object=1000",
    ],
  );
});

test("what engines send for nothing writes nothing", () => {
  const nothing: Resources = {
    devices: [{ allow: false, access: "rwm" }],
    memory: {
      limit: 0,
      reservation: 0,
      swap: 0,
      kernel: 0,
      disableOOMKiller: false,
      swappiness: 2n ** 64n - 1n,
    },
    cpu: { shares: 0, quota: 0, period: 0, realtimePeriod: 0, realtimeRuntime: 0, cpus: "", mems: "" },
    blockIO: { weight: 0 },
    network: {},
    rdma: {},
    unified: {},
  };
  assert.equal(written(nothing), []);
  assert.equal(written({}), []);
});

const refused: [Resources, pointer: string, reason: string][] = [
  [{ cpu: { shares: 1 } }, "/linux/resources/cpu/shares", "the minimum allowed cpu-shares is 2"],
  [{ cpu: { shares: 262145 } }, "/linux/resources/cpu/shares", "the maximum allowed cpu-shares is 262144"],
  [{ memory: { swappiness: 101 } }, "/linux/resources/memory/swappiness", "101 is not in 0 to 100"],
  [
    { unified: { "memory.high": "1" } },
    "/linux/resources/unified",
    "invalid configuration: cannot use unified on cgroup v1",
  ],
  [
    { hugepageLimits: [{ pageSize: "../x", limit: 1 }] },
    "/linux/resources/hugepageLimits/0/pageSize",
    '"../x" is no name',
  ],
  [
    { network: { priorities: [{ name: "a b", priority: 1 }] } },
    "/linux/resources/network/priorities/0/name",
    '"a b" is no name',
  ],
];

for (const [resources, pointer, reason] of refused) {
  test(`${pointer} is refused: ${reason}`, () => {
    try {
      limitsV1(resources);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, OcirtError);
      const { facts } = error as OcirtError;
      assert.equal([facts.pointer, facts.reason], [pointer, reason]);
    }
  });
}

test("pointers of update start at the resources", () => {
  assert.is(limitsV1({ memory: { limit: 1 } }, "")[0]?.pointer, "/memory/limit");
});

test.run();
