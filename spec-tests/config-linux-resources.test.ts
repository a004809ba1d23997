/** runtime-spec config-linux.md, "Memory", "CPU", "PIDs", "Allowed Device list" and the other controllers. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Config,
  cgroup,
  clause,
  conclude,
  put,
  type Terms,
} from "./harness/index.ts";

type Resources = Config["linux"]["resources"];

const TERMS: Terms = { needs: ["cgroup"] };
const V1: Terms = { needs: ["cgroup-v1"] };

/** Creates a container with these resources and reads files of its cgroups: [controller, v1 file, v2 file]. */
async function values(t: Case, resources: Resources, files: [controller: string, v1: string, v2?: string][]) {
  const container = t.container((c) => (c.linux.resources = resources));
  await container.create();
  const found = files.map(([controller, v1, v2]) =>
    cgroup.value(container.pid(), controller, cgroup.unified ? (v2 ?? v1) : v1),
  );
  container.delete("--force");
  return found;
}

const MiB = 1024 * 1024;

clause(
  "memory: limit and reservation",
  async (t) => {
    const found = await values(t, { memory: { limit: 64 * MiB, reservation: 32 * MiB } }, [
      ["memory", "memory.limit_in_bytes", "memory.max"],
      ["memory", "memory.soft_limit_in_bytes", "memory.low"],
    ]);
    assert.equal(found, [String(64 * MiB), String(32 * MiB)]);
  },
  TERMS,
);

clause(
  "memory: swap is the limit of memory and swap together",
  async (t) => {
    const container = t.container((c) => {
      c.linux.resources = { memory: { limit: 64 * MiB, swap: 96 * MiB } };
    });
    await container.create();
    const pid = container.pid();
    if (cgroup.unified) assert.is(cgroup.value(pid, "memory", "memory.swap.max"), String(32 * MiB));
    else if (existsSync(join(cgroup.directory(pid, "memory"), "memory.memsw.limit_in_bytes"))) {
      assert.is(cgroup.value(pid, "memory", "memory.memsw.limit_in_bytes"), String(96 * MiB));
    }
    container.delete("--force");
  },
  TERMS,
);

clause(
  "memory: swappiness and disableOOMKiller",
  async (t) => {
    const found = await values(t, { memory: { swappiness: 42, disableOOMKiller: true } }, [
      ["memory", "memory.swappiness"],
      ["memory", "memory.oom_control"],
    ]);
    assert.is(found[0], "42");
    assert.match(found[1] ?? "", /^oom_kill_disable 1$/m);
  },
  V1,
);

clause(
  "memory: -1 is no limit",
  async (t) => {
    const [found = ""] = await values(t, { memory: { limit: -1 } }, [
      ["memory", "memory.limit_in_bytes", "memory.max"],
    ]);
    assert.ok(found === "max" || Number(found) > 2 ** 62, found);
  },
  TERMS,
);

clause(
  "memory: a process that needs more than the limit is killed",
  (t) => {
    const container = t.container((c) => {
      c.linux.resources = { memory: { limit: 16 * MiB, swap: 16 * MiB } };
      c.process.args = ["sh", "-c", "head -c 64m /dev/zero | tail; echo survived"];
      // Not init itself: a kill of the group as a whole is v2's business.
      c.process.args = ["tail", "/dev/zero"];
    });
    assert.is(container.run().status, 137);
  },
  TERMS,
);

clause(
  "cpu: shares, quota and period",
  async (t) => {
    const container = t.container((c) => {
      c.linux.resources = { cpu: { shares: 512, quota: 50_000, period: 100_000 } };
    });
    await container.create();
    const pid = container.pid();
    if (cgroup.unified) {
      assert.is(cgroup.value(pid, "cpu", "cpu.max"), "50000 100000");
      // The curve through 1024 and 100 of newer runc and crun; docs/resources.md has it.
      assert.is(cgroup.value(pid, "cpu", "cpu.weight"), "59");
    } else {
      assert.is(cgroup.value(pid, "cpu", "cpu.shares"), "512");
      assert.is(cgroup.value(pid, "cpu", "cpu.cfs_quota_us"), "50000");
      assert.is(cgroup.value(pid, "cpu", "cpu.cfs_period_us"), "100000");
    }
    container.delete("--force");
  },
  TERMS,
);

clause(
  "cpu: cpus and mems",
  async (t) => {
    const files: [string, string][] = [
      ["cpuset", "cpuset.cpus"],
      ["cpuset", "cpuset.mems"],
    ];
    assert.equal(await values(t, { cpu: { cpus: "0", mems: "0" } }, files), ["0", "0"]);
  },
  { needs: ["cgroup", "cpuset"] },
);

clause(
  "cpu: idle",
  async (t) => {
    if (!existsSync(join(cgroup.directory(process.pid, "cpu"), "cpu.idle"))) {
      const container = t.container((c) => (c.linux.resources = { cpu: { idle: 1 } }));
      const result = await container.tryCreate();
      if (result.status === 0) container.delete("--force");
      else assert.match(result.stderr, /idle/);
      return;
    }
    assert.equal(await values(t, { cpu: { idle: 1 } }, [["cpu", "cpu.idle"]]), ["1"]);
  },
  { needs: ["cgroup"], differs: { runc: "of a later version" } },
);

clause(
  "cpu: a process of the container runs on its cpus",
  (t) => {
    const output = t.shell(
      "grep Cpus_allowed_list /proc/self/status",
      (c) => (c.linux.resources = { cpu: { cpus: "0" } }),
    );
    assert.is(output, "Cpus_allowed_list:\t0\n");
  },
  { needs: ["cgroup", "cpuset"] },
);

clause(
  "pids: limit",
  async (t) => {
    assert.equal(await values(t, { pids: { limit: 77 } }, [["pids", "pids.max"]]), ["77"]);
  },
  TERMS,
);

clause(
  "pids: -1 is no limit",
  async (t) => {
    assert.equal(await values(t, { pids: { limit: -1 } }, [["pids", "pids.max"]]), ["max"]);
  },
  { needs: ["cgroup"], differs: { crun: "writes -1" } },
);

clause(
  "pids: more processes than the limit can't be made",
  (t) => {
    const script = "for i in 1 2 3 4 5 6 7 8; do sleep 5 & done 2>&1; kill $(jobs -p); true";
    const container = t.container((c) => {
      c.linux.resources = { pids: { limit: 5 } };
      c.process.args = ["sh", "-c", script];
    });
    const { stdout, stderr } = container.run();
    assert.match(stdout + stderr, /can't fork|Resource temporarily unavailable/);
  },
  TERMS,
);

clause(
  "blockIO: weight",
  async (t) => {
    const container = t.container((c) => (c.linux.resources = { blockIO: { weight: 321 } }));
    const result = await container.tryCreate();
    if (result.status !== 0) {
      // Without a proportional-weight scheduler in the kernel there is no such file.
      assert.match(result.stderr, /weight/);
      return;
    }
    const directory = cgroup.directory(container.pid(), "blkio");
    const files = cgroup.unified ? ["io.bfq.weight", "io.weight"] : ["blkio.weight", "blkio.bfq.weight"];
    const file = files.find((name) => existsSync(join(directory, name)));
    assert.match(cgroup.value(container.pid(), "blkio", file ?? ""), /321|3\d\d\d/);
    container.delete("--force");
  },
  { needs: ["cgroup"], differs: { crun: "leaves the cgroups of a failed create" } },
);

clause(
  "blockIO: throttling by device",
  async (t) => {
    const limit = [{ major: 254, minor: 0, rate: 1_048_576 }];
    const device = t.execute(["stat", "-c", "%t:%T", "/dev/vda"]);
    if (device.status !== 0 || device.stdout !== "fe:0\n") return;
    const [read, write] = await values(
      t,
      {
        blockIO: {
          throttleReadBpsDevice: limit,
          throttleWriteIOPSDevice: [{ major: 254, minor: 0, rate: 100 }],
        },
      },
      [
        ["blkio", "blkio.throttle.read_bps_device", "io.max"],
        ["blkio", "blkio.throttle.write_iops_device", "io.max"],
      ],
    );
    assert.match(read ?? "", /254:0 (rbps=)?1048576/);
    assert.match(write ?? "", /254:0 .*100/);
  },
  TERMS,
);

clause(
  "unified: files of cgroup v2; an error on v1",
  async (t) => {
    const container = t.container((c) => (c.linux.resources = { unified: { "pids.max": "55" } }));
    const result = await container.tryCreate();
    if (!cgroup.unified) {
      assert.refuses(result, /unified|invalid configuration/i);
      return;
    }
    assert.is(cgroup.value(container.pid(), "pids", "pids.max"), "55");
    container.delete("--force");
  },
  { needs: ["cgroup"], differs: { crun: "leaves the cgroups of a failed create" } },
);

clause(
  "a value that the kernel does not take is an error that names its place, and nothing is left",
  async (t) => {
    const container = t.container((c) => (c.linux.resources = { cpu: { cpus: "9999" } }));
    assert.refuses(await container.tryCreate(), /cpu/i);
  },
  { needs: ["cgroup"], differs: { crun: "leaves the cgroups of a failed create" } },
);

clause(
  "a value of the wrong type is an error that names its place",
  (t) => {
    const container = t.container((c) => put(c, "/linux/resources/pids/limit", "many"));
    assert.refuses(container.run(), /\/linux\/resources\/pids\/limit/);
  },
  { differs: { runc: "names it by Go's path", crun: "names it otherwise" } },
);

clause(
  "a controller that this machine does not have is an error that names it, not passed over",
  async (t) => {
    const resources: [name: string, controller: RegExp, value: Resources][] = [
      ["hugepageLimits", /huge/i, { hugepageLimits: [{ pageSize: "2MB", limit: 2 * MiB }] }],
      ["network", /net|classID/i, { network: { classID: 65_536 } }],
      ["rdma", /rdma/i, { rdma: { mlx5_0: { hcaHandles: 3 } } }],
    ];
    for (const [name, controller, value] of resources) {
      const container = t.container((c) => (c.linux.resources = value), `-${name}`);
      const result = await container.tryCreate();
      if (result.status !== 0) assert.refuses(result, controller);
      else {
        const kind = { hugepageLimits: "hugetlb", network: "net_cls", rdma: "rdma" }[name] ?? "";
        const file =
          { hugepageLimits: "hugetlb.2MB.limit_in_bytes", network: "net_cls.classid", rdma: "rdma.max" }[
            name
          ] ?? "";
        assert.is.not(cgroup.value(container.pid(), kind, file), "", name);
        container.delete("--force");
      }
    }
  },
  { needs: ["cgroup"], differs: { crun: "passes rdma over" } },
);

conclude();
