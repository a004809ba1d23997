/**
 * config-linux.md, "Cgroups Path" and "Control groups", with systemd as the cgroup manager (systemd.scope(5),
 * systemd.resource-control(5)). Runs where systemd is the init: in the guest of the virtual machine.
 */
import { existsSync, readFileSync } from "node:fs";
import { assert, type Case, type Container, clause, conclude, type Edit, until } from "./harness/index.ts";

const NEEDS = { needs: ["systemd", "cgroup-v2"] } as const;

/** The runtime with --systemd-cgroup before the command. */
function systemd(t: Case, args: readonly string[]) {
  const argv = t.argv(args);
  argv.splice(1, 0, "--systemd-cgroup");
  return t.execute(argv);
}

const unitOf = (t: Case) => `spec-${t.tag}.scope`;
const directoryOf = (t: Case) => `/sys/fs/cgroup/system.slice/${unitOf(t)}`;

function placed(t: Case, edit: Edit = () => {}): Container {
  return t.container((c, own) => {
    c.process.args = ["sleep", "1000"];
    c.linux.cgroupsPath = `system.slice:spec:${t.tag}`;
    edit(c, own);
  });
}

function show(t: Case, ...names: string[]): Record<string, string> {
  const flags = names.flatMap((name) => ["-p", name]);
  const { stdout } = t.execute(["systemctl", "show", unitOf(t), ...flags]);
  return Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split("=", 2) as [string, string]),
  );
}

/** Started by systemd's driver; the runtime's output goes to files, so that nothing holds a pipe. */
async function started(t: Case, edit?: Edit): Promise<Container> {
  const container = placed(t, edit);
  const argv = t.argv(["run", "--detach", "--bundle", container.bundle, container.id]);
  argv.splice(1, 0, "--systemd-cgroup");
  assert.succeeds(await t.start(argv).ended, "run --detach");
  return container;
}

async function assertGone(t: Case): Promise<void> {
  await until("the unit gone", () => show(t, "LoadState").LoadState === "not-found");
  assert.not(existsSync(directoryOf(t)));
}

const file = (t: Case, name: string) => readFileSync(`${directoryOf(t)}/${name}`, "utf8").trim();

clause(
  "cgroupsPath slice:prefix:name is a scope of that slice, delegated, and gone after delete",
  async (t) => {
    const container = await started(t);
    assert.equal(show(t, "Slice", "Delegate", "ActiveState"), {
      Slice: "system.slice",
      Delegate: "yes",
      ActiveState: "active",
    });
    assert.is(file(t, "cgroup.procs"), String(container.pid()));
    const state = JSON.parse(t.runtime(["state", container.id]).stdout);
    assert.is(state["systemd-scope"], unitOf(t));
    container.kill("KILL");
    await container.waitFor("stopped");
    container.delete();
    await assertGone(t);
  },
  NEEDS,
);

clause(
  "limits are properties of the unit, and in the control files",
  async (t) => {
    const container = await started(t, (c) => {
      c.linux.resources = {
        memory: { limit: 64 << 20, reservation: 32 << 20 },
        cpu: { shares: 2048, quota: 50_000, period: 100_000 },
        pids: { limit: 77 },
        unified: { "memory.high": String(48 << 20) },
      };
    });
    const names = ["MemoryMax", "MemoryLow", "MemoryHigh", "CPUWeight", "CPUQuotaPerSecUSec", "TasksMax"];
    assert.equal(show(t, ...names), {
      MemoryMax: String(64 << 20),
      MemoryLow: String(32 << 20),
      MemoryHigh: String(48 << 20),
      CPUWeight: file(t, "cpu.weight"),
      CPUQuotaPerSecUSec: "500ms",
      TasksMax: "77",
    });
    const limits = ["memory.max", "memory.low", "memory.high", "cpu.max", "pids.max"].map((name) =>
      file(t, name),
    );
    assert.equal(limits, [String(64 << 20), String(32 << 20), String(48 << 20), "50000 100000", "77"]);
    // systemd writes its own idea of the unit again.
    assert.succeeds(t.execute(["systemctl", "daemon-reload"]));
    assert.is(file(t, "pids.max"), "77");
    assert.is(file(t, "cpu.max"), "50000 100000");
    container.delete("--force");
    await assertGone(t);
  },
  NEEDS,
);

clause(
  "org.systemd.property annotations set properties; a wrong value is refused by name and leaves nothing",
  async (t) => {
    const container = await started(t, (c) => {
      c.annotations = { "org.systemd.property.TimeoutStopSec": "uint64 7" };
    });
    assert.equal(show(t, "TimeoutStopUSec"), { TimeoutStopUSec: "7s" });
    container.delete("--force");
    const wrong = t.container((c) => (c.annotations = { "org.systemd.property.Some": "maybe" }), "-wrong");
    const result = systemd(t, ["run", "--bundle", wrong.bundle, wrong.id]);
    assert.refuses(result, /\/annotations\/org\.systemd\.property\.Some/);
    const unknown = t.container(
      (c) => (c.annotations = { "org.systemd.property.NoSuch": "true" }),
      "-unknown",
    );
    const refused = systemd(t, ["run", "--bundle", unknown.bundle, unknown.id]);
    assert.refuses(refused, /start the systemd unit/, /NoSuch/);
    await assertGone(t);
  },
  NEEDS,
);

clause(
  "run.oci.systemd.subgroup: the container is in a cgroup below its scope",
  async (t) => {
    const container = await started(t, (c) => {
      c.annotations = { "run.oci.systemd.subgroup": "inner" };
      c.linux.resources = { pids: { limit: 55 } };
    });
    assert.is(file(t, "inner/cgroup.procs"), String(container.pid()));
    assert.is(file(t, "inner/pids.max"), "55");
    container.delete("--force");
    await assertGone(t);
  },
  NEEDS,
);

clause(
  "exec, pause, resume and kill --all reach what is in the scope; the same name can be used again",
  async (t) => {
    for (let round = 0; round < 2; round++) {
      const container = round === 0 ? await started(t) : await again(t);
      const { stdout } = assert.succeeds(t.runtime(["exec", container.id, "cat", "/proc/self/cgroup"]));
      // As the container sees it, with a cgroup namespace or without.
      assert.match(stdout, new RegExp(`^0::(/|.*/${unitOf(t)})$`, "m"));
      assert.succeeds(container.command("pause", container.id));
      assert.is(container.state().status, "paused");
      assert.succeeds(container.command("resume", container.id));
      container.command("kill", "--all", container.id, "KILL");
      await container.waitFor("stopped");
      container.delete();
      await assertGone(t);
    }
  },
  NEEDS,
);

/** Another container with the unit's name of the first. */
async function again(t: Case): Promise<Container> {
  const container = t.container((c) => {
    c.process.args = ["sleep", "1000"];
    c.linux.cgroupsPath = `system.slice:spec:${t.tag}`;
  }, "-again");
  const argv = t.argv(["run", "--detach", "--bundle", container.bundle, container.id]);
  argv.splice(1, 0, "--systemd-cgroup");
  assert.succeeds(await t.start(argv).ended, "run --detach");
  return container;
}

clause(
  "a unit whose name is taken is refused, and the one that has it goes on",
  async (t) => {
    const first = await started(t);
    const second = t.container((c) => {
      c.process.args = ["true"];
      c.linux.cgroupsPath = `system.slice:spec:${t.tag}`;
    }, "-second");
    const result = systemd(t, ["run", "--bundle", second.bundle, second.id]);
    assert.refuses(result, /start the systemd unit/);
    assert.is(first.state().status, "running");
    assert.is(show(t, "ActiveState").ActiveState, "active");
    first.delete("--force");
    await assertGone(t);
  },
  NEEDS,
);

clause(
  "a cgroupsPath of another form is refused with what to write",
  (t) => {
    const container = t.container((c) => (c.linux.cgroupsPath = "/a/b"));
    const result = systemd(t, ["run", "--bundle", container.bundle, container.id]);
    assert.refuses(result, /systemd's form is slice:prefix:name/, /\/linux\/cgroupsPath/);
  },
  NEEDS,
);

clause(
  "without systemd the driver is refused with the reason",
  (t) => {
    if (existsSync("/run/systemd/system")) return;
    const container = t.container((c) => (c.process.args = ["true"]));
    const result = systemd(t, ["run", "--bundle", container.bundle, container.id]);
    assert.refuses(result, /systemd does not run on this host/);
  },
  { needs: ["ocirt"] },
);

clause(
  "update: the unit has the new limits too, and a reload of systemd does not undo them",
  async (t) => {
    const container = await started(t, (c) => {
      c.linux.resources = { memory: { limit: 64 << 20 }, pids: { limit: 20 } };
    });
    const more = ["--cpu-quota", "20000", "--pids-limit", "30", "--memory", "96M"];
    assert.succeeds(t.runtime(["update", ...more, container.id]));
    assert.succeeds(t.runtime(["update", "--cpu-period", "50000", container.id]));
    const now = () => [file(t, "memory.max"), file(t, "pids.max"), file(t, "cpu.max")];
    const wanted = [String(96 << 20), "30", "20000 50000"];
    assert.equal(now(), wanted);
    assert.equal(show(t, "MemoryMax", "TasksMax", "CPUQuotaPerSecUSec"), {
      MemoryMax: String(96 << 20),
      TasksMax: "30",
      CPUQuotaPerSecUSec: "400ms",
    });
    assert.succeeds(t.execute(["systemctl", "daemon-reload"]));
    assert.equal(now(), wanted);
    assert.refuses(t.runtime(["update", "--cpu-rt-runtime", "5", "--pids-limit", "31", container.id]));
    assert.is(file(t, "pids.max"), "30");
    container.delete("--force");
    await assertGone(t);
  },
  NEEDS,
);

conclude();
