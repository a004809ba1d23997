/** The engines' recorded calls with their recorded configurations, from create to delete. */
import { existsSync, readFileSync } from "node:fs";
import type { Case } from "../harness/case.ts";
import { assert, cgroup, clause, conclude, until } from "../harness/index.ts";
import { Engine, type EngineName } from "./engine.ts";
import { fromSample, samples, text, unmet } from "./sample.ts";

/** What the container says, by what the sample's name holds; the first counts. */
const SAYS: readonly (readonly [part: string, output: RegExp])[] = [
  ["cgroupns", cgroup.unified ? /^$/ : /:pids:\//],
  ["device-sysctl", /\/dev\/fuse/],
  ["privileged", /CapEff:\s*[0-9a-f]{16}\n\d+/],
  ["tty", /\/dev\/pts\/0/],
  ["rootfs-overlay", /ro\n/],
  ["rootfs", /^rootfs\n/],
  ["userns", /^\s+0\s+100000\s+65536\n-rw-r--r-- +1 0 +0 /],
  ["buildah", /^uid=0/],
  ["sandbox", /^$/],
  ["wasm", /listening/],
  ["cri-", /^sidecar up\n/],
  ["docker-", /^started\n/],
  ["podman-5.8.6", /^started\n/],
];

/** Those that end by themselves. */
const ENDS = [
  "cgroupns",
  "device-sysctl",
  "privileged",
  "tty",
  "rootfs",
  "buildah",
  "podman-4.3.1.userns",
  "podman-5.8.6.userns",
];
/** The exec and the update that belong to a sample. */
const EXEC: Readonly<Record<string, string>> = {
  "cri-2.1.9.container": "cri-2.1.9",
  "cri-1.6.20.container": "cri-1.6.20",
};

const has = (name: string, parts: readonly string[]) => parts.some((part) => name.includes(part));
const engineOf = (name: string) => name.slice(0, name.indexOf("-")) as EngineName;
async function created(t: Case, name: string): Promise<Engine> {
  const engine = new Engine(t, engineOf(name), await fromSample(t, name));
  const result = await engine.create(name.includes("tty"));
  assert.is(
    result.status,
    0,
    `create: ${engine.logged().map(({ msg }) => msg)} ${engine.output()}${result.stderr}`,
  );
  assert.ok(existsSync(`/proc/${engine.pid()}`));
  return engine;
}

/** The shim's way, with an exec, limits and a pause in between where the engine has them. */
function middle(t: Case, engine: Engine, name: string): void {
  const sample = EXEC[name] ?? name;
  if (samples(".exec.process.json").includes(sample)) exec(t, engine, sample);
  if (samples(".update.json").includes(sample)) update(t, engine, sample);
  if (engine.name === "buildah") return;
  engine.succeeds("pause");
  assert.is(engine.state(), "paused");
  engine.succeeds("resume");
  if (engine.name === "podman") return;
  const pids = JSON.parse(engine.succeeds("ps", "--format", "json").stdout);
  assert.ok(pids.includes(engine.pid()));
}

function exec(t: Case, engine: Engine, sample: string): void {
  const file = t.file("process.json", text(`${sample}.exec.process.json`));
  const pidFile = t.path("exec.pid");
  engine.succeeds("exec", "--process", file, "--detach", "--pid-file", pidFile);
  assert.match(readFileSync(pidFile, "utf8"), /^\d+$/);
}

function update(t: Case, engine: Engine, sample: string): void {
  const json = text(`${sample}.update.json`);
  const words =
    engine.name === "podman" ? [`--resources=${t.file("update.json", json)}`] : ["--resources", "-"];
  const input = engine.name === "podman" ? {} : { input: json };
  assert.succeeds(engine.call("update", words, input), "update");
  const { memory } = JSON.parse(json) as { memory?: { limit?: number } };
  if (!memory?.limit || cgroup.unified) return;
  assert.is(cgroup.value(engine.pid(), "memory", "memory.limit_in_bytes"), String(memory.limit));
}

/** The patient signal, which a program without a handler does not heed, then the other. */
async function end(t: Case, engine: Engine): Promise<void> {
  const signal = (...words: string[]) =>
    assert.succeeds(t.execute(engine.words("kill", ...words)), words.join(" "));
  signal(engine.container.id, "15");
  await until("the end", () => engine.ended(), 1000).catch(() => {
    if (engine.name === "podman" || engine.name === "buildah") signal(engine.container.id, "9");
    else signal("--all", engine.container.id, "9");
  });
}

/** Twice, as the shim does; podman's and buildah's once. */
function remove(engine: Engine): void {
  if (engine.name === "podman") {
    engine.succeeds("delete", "--force");
    return;
  }
  engine.succeeds("delete");
  if (engine.name !== "buildah") engine.succeeds("delete", "--force");
}

const REFUSED = "cri-2.1.9.userns";

for (const name of samples(".config.json")) {
  if (name === REFUSED || unmet(name) !== undefined) continue;
  clause(
    `${name}: create, start, what is between, the end, delete`,
    async (t) => {
      const engine = await created(t, name);
      engine.succeeds("start");
      const [, says] = SAYS.find(([part]) => name.includes(part)) ?? [];
      if (says !== undefined)
        await until(`${says} in the output`, () => says.test(engine.output())).catch((e) => {
          throw new Error(`${e.message}: ${engine.output()}${engine.errors()}`);
        });
      if (name.startsWith("docker-20")) {
        const state = JSON.parse(readFileSync(t.path("hook-state"), "utf8"));
        assert.equal([state.id, state.pid], [engine.container.id, engine.pid()]);
      }
      if (!has(name, ENDS)) {
        middle(t, engine, name);
        await end(t, engine);
      }
      await until("the end", () => engine.ended());
      remove(engine);
      assert.equal(
        engine.logged().filter(({ level }) => level === "error"),
        [],
      );
    },
    {
      needs: name.includes("wasm") ? ["ocirt", "wasm"] : [],
      ...(name === "docker-20.10.24.privileged"
        ? { differs: { runc: "refuses a capability that its caller has not" } }
        : {}),
    },
  );
}

clause(`${REFUSED}: a program that is not there: the log says so, and nothing is left`, async (t) => {
  const engine = new Engine(t, "cri", await fromSample(t, REFUSED));
  const result = await engine.create(false);
  const failed = result.status === 0 ? engine.call("start") : result;
  assert.is.not(failed.status, 0);
  const errors = engine.logged().filter(({ level }) => level === "error");
  assert.is(errors.length, 1);
  assert.match(errors[0]?.msg ?? "", /\/nope.*no such file or directory/);
  engine.succeeds("delete", "--force");
});

for (const name of ["docker", "cri", "podman"] as const) {
  clause(`${name}: what the engine asks of a container that has ended, or is not there`, async (t) => {
    const container = t.container((c) => (c.process.args = ["true"]));
    const engine = new Engine(t, name, container);
    assert.match(engine.call("state").stderr, /does not exist/);
    engine.succeeds("delete", "--force");
    assert.succeeds(await engine.create(false));
    engine.succeeds("start");
    await until("the end", () => engine.ended());
    const refused = t.execute(engine.words("kill", container.id, "15"));
    assert.is.not(refused.status, 0);
    assert.match(refused.stderr, /container not running|no such process/);
    if (name !== "podman") {
      assert.is(engine.succeeds("ps", "--format", "json").stdout.trim(), "null");
      assert.succeeds(t.execute(engine.words("kill", "--all", container.id, "9")));
    }
    remove(engine);
  });
}

clause("docker 28 and containerd 2 ask for the features first", (t) => {
  const { linux, ociVersionMin } = JSON.parse(assert.succeeds(t.runtime(["features"])).stdout);
  assert.match(ociVersionMin, /^1\.0/);
  assert.ok(linux.namespaces.includes("user"));
});

conclude();
