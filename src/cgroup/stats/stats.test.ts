/** What the control files' forms become in runc's JSON. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { json, number, pressure, ranges, UNLIMITED } from "./parse.ts";
import { blkioV1, cpusetV1, cpuV1, hugetlbV1, memoryV1 } from "./v1.ts";
import { blkioV2, cpuV2, hugetlbV2, memoryV2, pidsLimit } from "./v2.ts";

const from = (files: Readonly<Record<string, string>>) => (file: string) => files[file];
const shown = (value: unknown) => JSON.parse(json(value));

test("numbers that a double can't hold stay exact, and undefined members are left out", () => {
  assert.is(
    json({ a: 9223372036854771712n, b: undefined, c: [1n, "x", null, 0.5] }),
    '{"a":9223372036854771712,"c":[1,"x",null,0.5]}',
  );
  assert.is(number("max"), UNLIMITED);
  assert.is(number("-1\n"), -1n);
  assert.is(number(undefined), 0n);
});

test("lists of ranges", () => {
  assert.equal(ranges("0-2,5\n"), [0, 1, 2, 5]);
  assert.equal(ranges("\n"), []);
});

test("cpu of v1: ticks become nanoseconds, each processor has its numbers", () => {
  const stats = cpuV1(
    from({ "cpu.stat": "nr_periods 3\nnr_throttled 2\nthrottled_time 1000\n" }),
    from({
      "cpuacct.usage": "500\n",
      "cpuacct.usage_percpu": "300 200 \n",
      "cpuacct.usage_all": "cpu user system\n0 10 20\n1 30 40\n",
      "cpuacct.stat": "user 2\nsystem 3\n",
    }),
  );
  assert.equal(shown(stats), {
    usage: {
      total: 500,
      percpu: [300, 200],
      percpu_kernel: [20, 40],
      percpu_user: [10, 30],
      kernel: 30_000_000,
      user: 20_000_000,
    },
    throttling: { periods: 3, throttledPeriods: 2, throttledTime: 1000 },
  });
});

test("memory of v1", () => {
  const stats = memoryV1(
    from({
      "memory.stat": "cache 7\nrss 1\n",
      "memory.limit_in_bytes": "100\n",
      "memory.usage_in_bytes": "50\n",
      "memory.max_usage_in_bytes": "60\n",
      "memory.failcnt": "4\n",
    }),
  );
  assert.equal(shown(stats), {
    cache: 7,
    usage: { limit: 100, usage: 50, max: 60, failcnt: 4 },
    swap: { limit: 0, failcnt: 0 },
    kernel: { limit: 0, failcnt: 0 },
    kernelTCP: { limit: 0, failcnt: 0 },
    raw: { cache: 7, rss: 1 },
  });
});

test("block I/O of v1: the first scheduler that tells something; the sum is left out", () => {
  const stats = blkioV1(
    from({
      "blkio.bfq.io_service_bytes_recursive": "Total 0\n",
      "blkio.throttle.io_service_bytes_recursive": "8:0 Read 4096\n8:0 Write 0\nTotal 4096\n",
      "blkio.time_recursive": "8:16 5\n",
    }),
  );
  assert.equal(shown(stats), {
    ioServiceBytesRecursive: [
      { major: 8, op: "Read", value: 4096 },
      { major: 8, op: "Write" },
    ],
    ioTimeRecursive: [{ major: 8, minor: 16, value: 5 }],
  });
});

test("cpuset and hugetlb of v1", () => {
  const set = cpusetV1(
    from({ "cpuset.cpus": "0-1\n", "cpuset.mems": "0\n", "cpuset.sched_relax_domain_level": "-1\n" }),
  );
  assert.equal([set.cpus, set.mems, set.sched_relax_domain_level], [[0, 1], [0], -1n]);
  assert.equal(shown(hugetlbV1(from({ "hugetlb.2MB.usage_in_bytes": "2097152\n" }), ["2MB"])), {
    "2MB": { usage: 2097152, failcnt: 0 },
  });
});

test("cpu of v2: microseconds become nanoseconds; pressure", () => {
  const stats = cpuV2(
    from({
      "cpu.stat":
        "usage_usec 5\nuser_usec 2\nsystem_usec 3\nnr_periods 1\nnr_throttled 1\nthrottled_usec 4\n",
      "cpu.pressure": "some avg10=0.50 avg60=0.00 avg300=0.00 total=12\n",
    }),
  );
  assert.equal(shown(stats), {
    usage: { total: 5000, kernel: 3000, user: 2000 },
    throttling: { periods: 1, throttledPeriods: 1, throttledTime: 4000 },
    psi: { some: { avg10: 0.5, avg60: 0, avg300: 0, total: 12 } },
  });
  assert.is(pressure(undefined), undefined);
});

test("memory of v2: swap is told together with memory", () => {
  const files = {
    "memory.current": "50\n",
    "memory.max": "100\n",
    "memory.swap.current": "5\n",
    "memory.stat": "file 3\n",
  };
  const { usage, swap, cache } = memoryV2(from({ ...files, "memory.swap.max": "10\n" }));
  assert.equal([usage.limit, usage.usage, swap.limit, swap.usage, cache], [100n, 50n, 110n, 55n, 3n]);
  assert.is(memoryV2(from({ ...files, "memory.swap.max": "max\n" })).swap.limit, UNLIMITED);
});

test("block I/O, hugetlb and pids of v2", () => {
  assert.equal(shown(blkioV2(from({ "io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n" }))), {
    ioServiceBytesRecursive: [
      { major: 8, op: "Read", value: 1 },
      { major: 8, op: "Write", value: 2 },
      { major: 8, op: "Discard", value: 5 },
    ],
    ioServicedRecursive: [
      { major: 8, op: "Read", value: 3 },
      { major: 8, op: "Write", value: 4 },
      { major: 8, op: "Discard", value: 6 },
    ],
  });
  assert.equal(shown(hugetlbV2(from({ "hugetlb.2MB.events": "max 3\n" }), ["2MB"])), {
    "2MB": { failcnt: 3 },
  });
  assert.is(pidsLimit(from({ "pids.max": "max\n" })), undefined);
  assert.is(pidsLimit(from({ "pids.max": "9\n" })), 9n);
});

test.run();
