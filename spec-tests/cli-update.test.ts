/** `update`, as runc has it; and that limits are what runc makes of the same configuration, and bite. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  assert,
  type Case,
  type Config,
  type Container,
  cgroup,
  clause,
  conclude,
  until,
} from "./harness/index.ts";

const V1 = { needs: ["cgroup-v1", "ocirt"] } as const;
const MiB = 1024 * 1024;
type Resources = Config["linux"]["resources"];

async function running(t: Case, script: string, resources: Resources = {}, suffix = ""): Promise<Container> {
  const container = t.container((c) => {
    c.process.args = ["sh", "-c", script];
    c.linux.resources = resources;
  }, suffix);
  await container.runDetached();
  return container;
}

const value = (container: Container, controller: string, file: string) =>
  cgroup.value(container.pid(), controller, `${controller}.${file}`);

/** The JSON goes in by stdin. */
function update(t: Case, container: Container, json: unknown) {
  return t.runtime(["update", "--resources", "-", container.id], { input: JSON.stringify(json) });
}

clause(
  "update: each option, before and after the id, in any size; memory and swap up and down",
  async (t) => {
    const container = await running(t, "sleep 1000");
    const { id } = container;
    const set = (...words: string[]) => assert.succeeds(t.runtime(["update", ...words]), words.join(" "));
    const memory = () => [
      value(container, "memory", "limit_in_bytes"),
      value(container, "memory", "memsw.limit_in_bytes"),
    ];
    set("--memory", "50M", "--memory-swap", "60m", id);
    assert.equal(memory(), [`${50 * MiB}`, `${60 * MiB}`]);
    set(id, "--memory", "500M", "--memory-swap=600M");
    assert.equal(memory(), [`${500 * MiB}`, `${600 * MiB}`]);
    set("--memory", "40M", "--memory-swap", "40M", id);
    assert.equal(memory(), [`${40 * MiB}`, `${40 * MiB}`]);
    set("--memory=-1", id);
    for (const bytes of memory()) assert.ok(Number(bytes) > 2 ** 60, bytes);
    set("--cpu-share", "300", "--cpu-period", "50000", "--cpu-quota", "20000", "--cpuset-cpus", "0", id);
    set("--cpuset-mems", "0", "--pids-limit", "33", "--memory-reservation", "10M", "--cpu-idle", "0", id);
    const values = [
      ["cpu", "shares"],
      ["cpu", "cfs_period_us"],
      ["cpu", "cfs_quota_us"],
      ["cpuset", "cpus"],
      ["cpuset", "mems"],
      ["pids", "max"],
      ["memory", "soft_limit_in_bytes"],
    ];
    const found = values.map(([controller = "", file = ""]) => value(container, controller, file));
    assert.equal(found, ["300", "50000", "20000", "0", "0", "33", `${10 * MiB}`]);
    set("--cpu-quota", "-1", "--pids-limit", "-1", id);
    assert.equal([value(container, "cpu", "cfs_quota_us"), value(container, "pids", "max")], ["-1", "max"]);
    await container.remove();
  },
  V1,
);

clause(
  "update: nothing, zeros and devices change nothing",
  async (t) => {
    const container = await running(t, "sleep 1000", {
      memory: { limit: 50 * MiB },
      cpu: { shares: 300, quota: 20_000 },
    });
    const all = () =>
      ["memory", "cpu", "cpuset", "devices", "blkio", "pids"].flatMap((controller) => {
        const directory = cgroup.directory(container.pid(), controller);
        return readdirSync(directory)
          .filter((name) =>
            /(limit_in_bytes|shares|quota_us|period_us|cpuset.cpus|cpuset.mems|devices.list|pids.max)$/.test(
              name,
            ),
          )
          .map((name) => `${name} ${readFileSync(join(directory, name), "utf8")}`);
      });
    const before = all();
    for (const json of [
      {},
      {
        memory: { limit: 0, swap: 0, reservation: 0, kernel: 0 },
        cpu: { shares: 0, quota: 0, period: 0, cpus: "", mems: "" },
        blockIO: { weight: 0 },
      },
      { devices: [{ allow: true, access: "rwm" }] },
      { memory: null, pids: null },
    ])
      assert.succeeds(update(t, container, json), JSON.stringify(json));
    assert.equal(all(), before);
    await container.remove();
  },
  V1,
);

clause(
  "update that fails says which field, and leaves the limits as they were",
  async (t) => {
    const container = await running(t, "sleep 1000", { memory: { limit: 50 * MiB }, cpu: { shares: 300 } });
    const refused = update(t, container, {
      memory: { limit: 60 * MiB },
      cpu: { shares: 400, quota: 1 },
      pids: { limit: 5 },
    });
    assert.is(refused.status, 1);
    assert.match(
      refused.stderr,
      /cpu\.cfs_quota_us` \(resources \/cpu\/quota\): invalid argument \(EINVAL\)/,
    );
    assert.equal(
      [
        value(container, "memory", "limit_in_bytes"),
        value(container, "cpu", "shares"),
        value(container, "pids", "max"),
      ],
      [`${50 * MiB}`, "300", "max"],
    );
    const { id } = container;
    assert.match(
      t.runtime(["update", "--cpu-share=1", id]).stderr,
      "(resources /cpu/shares): the minimum allowed cpu-shares is 2",
    );
    assert.match(
      update(t, container, { unified: { "a.b": "c" } }).stderr,
      "invalid configuration: cannot use unified on cgroup v1",
    );
    assert.match(
      update(t, container, { cpu: { shares: "a" } }).stderr,
      'line 1, column 18: /cpu/shares: expected an integer, found "a"',
    );
    container.kill("KILL");
    await container.waitFor("stopped");
    assert.is(
      t.runtime(["update", "--memory=1G", id]).stderr,
      `ocirt: update the container \`${id}\`: container not running\n`,
    );
    container.delete();
  },
  V1,
);

clause(
  "update: the new limits bite",
  async (t) => {
    const container = await running(t, "until [ -e /go ]; do :; done; sleep 0 | cat; echo survived");
    const limits = ["--memory=16M", "--memory-swap=16M", "--pids-limit=1"];
    assert.succeeds(t.runtime(["update", ...limits, container.id]));
    execFileSync("touch", [join(container.rootfs, "go")]);
    await until("fork fails", () => /can't fork|Resource temporarily/.test(container.errors()));
    await container.waitFor("stopped");
    container.delete();
    const eater = await running(t, "until [ -e /go ]; do :; done; exec tail /dev/zero", {}, "-eater");
    assert.succeeds(t.runtime(["update", "--memory=16M", "--memory-swap=16M", eater.id]));
    execFileSync("touch", [join(eater.rootfs, "go")]);
    await eater.waitFor("stopped");
    eater.delete();
  },
  V1,
);

clause(
  "every file of every controller holds what runc writes for the same configuration",
  async (t) => {
    const runc = ["/usr/sbin/runc", "/usr/bin/runc"].find((path) => existsSync(path));
    if (runc === undefined) return;
    const configs: Resources[] = [
      {},
      { memory: { limit: 64 * MiB, swap: 96 * MiB, reservation: 32 * MiB, swappiness: 42 } },
      { memory: { limit: -1, swap: -1, disableOOMKiller: true } },
      { cpu: { shares: 2, quota: -1, period: 1_000_000, cpus: "0", mems: "0" } },
      { cpu: { shares: 262_144, quota: 1000, period: 100_000 }, pids: { limit: -1 } },
      { cpu: { shares: 1024, quota: 50_000 }, pids: { limit: 1 } },
      {
        devices: [
          { allow: false, access: "rwm" },
          { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
        ],
      },
      { devices: [{ allow: true, access: "rwm" }] },
    ];
    const setting =
      /^(memory\.(limit_in_bytes|memsw\.limit|soft_limit|swappiness|oom_control)|cpu\.(shares|cfs|rt|idle)|cpuset\.|pids\.max|blkio\.throttle\..*_device|devices\.list|freezer\.state)/;
    const files = (pid: number) =>
      ["cpu", "cpuset", "memory", "pids", "blkio", "devices", "freezer"].flatMap((controller) => {
        const directory = cgroup.directory(pid, controller);
        return readdirSync(directory)
          .filter((name) => setting.test(name) && !/pressure|effective/.test(name))
          .sort()
          .map(
            (name) =>
              `${name}: ${readFileSync(join(directory, name), "utf8")
                .split("\n")
                .sort()
                .join(" ")
                .replace(/oom_kill \d+/, "")}`,
          );
      });
    for (const [i, resources] of configs.entries()) {
      const container = t.container((c) => {
        c.process.args = ["sleep", "1000"];
        c.linux.resources = resources;
        c.linux.cgroupsPath = `/${t.tag}-${i}`;
      }, `-${i}`);
      await container.create();
      const ours = files(container.pid());
      container.delete("--force");
      const root = join(t.directory, "runc");
      const id = `${t.tag}-runc`;
      const created = t.execute([runc, "--root", root, "create", "--bundle", container.bundle, id]);
      try {
        assert.succeeds(created, "runc create");
        const state = JSON.parse(t.execute([runc, "--root", root, "state", id]).stdout) as { pid: number };
        assert.equal(ours, files(state.pid), JSON.stringify(resources));
      } finally {
        t.execute([runc, "--root", root, "delete", "--force", id]);
      }
    }
  },
  V1,
);

for (const [flag, line] of [
  ["--l3-cache-schema", "L3:0=ff"],
  ["--mem-bw-schema", "MB:0=50"],
] as const) {
  clause(
    `update ${flag}: refused for a container without a class of its own in resctrl`,
    async (t) => {
      const container = await running(t, "sleep 1000");
      assert.refuses(
        t.runtime(["update", flag, line, container.id]),
        /the container has no class of its own in resctrl; give it one by linux\.intelRdt/,
      );
      await container.remove();
    },
    { needs: ["ocirt"] },
  );
}

conclude();
