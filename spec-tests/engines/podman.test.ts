/** podman and conmon drive the runtime (podman-run(1) and the other commands, as root). */
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import { assert } from "../harness/assert.ts";
import type { Options } from "../harness/command.ts";
import { runtimeName, runtimePath } from "../harness/runtime.ts";
import { until } from "../harness/wait.ts";
import { BOX, HELLO, machineWithImages, ocirtTest, SERVER } from "./fixture.ts";
import type { Machine } from "./machine.ts";

let machine: Machine;

/** The machine may forbid to raise limits; `runtime_supports_*` are by the base name of the runtime. */
const CONF = `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
runtime_supports_json = ["${runtimeName}", "crun", "runc"]
runtime_supports_nocgroups = ["${runtimeName}", "crun"]
`;

function podman(args: readonly string[], options: Options = {}) {
  const at = (name: string) => machine.path(`podman/${name}`);
  const places = ["--root", at("root"), "--runroot", at("run"), "--tmpdir", at("tmp")];
  const ways = ["--cgroup-manager=cgroupfs", "--storage-driver=overlay", "--events-backend=file"];
  const env = {
    CONTAINERS_CONF: machine.path("containers.conf"),
    PODMAN_IGNORE_CGROUPSV1_WARNING: "1",
    ...options.env,
  };
  return machine.run(["podman", ...places, ...ways, "--runtime", runtimePath, ...args], { ...options, env });
}

const ok = (...args: string[]) => assert.succeeds(podman(args), `podman ${args.join(" ")}`).stdout.trimEnd();

/** Starts a detached container that stays. */
function box(name: string, ...flags: string[]): void {
  ok("run", "--detach", "--name", name, "--network", "none", ...flags, BOX, "sleep", "1000");
}

test.before(async () => {
  const made = await machineWithImages();
  machine = made.machine;
  mkdirSync(machine.path("podman"));
  writeFileSync(machine.path("containers.conf"), CONF);
  ok("load", "--input", made.images.box);
  ok("load", "--input", made.images.hello);
  ok("load", "--input", made.images.server);
});

test.after(() => machine.stop());

test("run: output, exit code, a signal", () => {
  const run = (...args: string[]) => podman(["run", "--rm", "--network", "none", BOX, ...args]);
  const result = run("sh", "-c", "echo out; echo err >&2; exit 7");
  assert.equal([result.status, result.stdout, result.stderr], [7, "out\n", "err\n"]);
  assert.is(run("sh", "-c", "sh -c 'kill -9 $$'; exit $?").status, 137);
});

test("run: 127 for a program that is not there, 126 for one that can't be executed", () => {
  const run = (program: string) => podman(["run", "--rm", "--network", "none", BOX, program]);
  assert.is(run("no-such-program").status, 127);
  assert.is(run("/etc/passwd").status, 126);
});

test("run: standard input, a terminal, an environment, a volume, a limit", () => {
  const args = ["run", "--rm", "--network", "none"];
  assert.is(podman([...args, "-i", BOX, "cat"], { input: "through\n" }).stdout, "through\n");
  assert.match(podman([...args, "-t", BOX, "tty"]).stdout, /^\/dev\/pts\/0\r?\n/);
  assert.is(ok(...args, "--env", "A=b c", BOX, "sh", "-c", 'echo "$A"'), "b c");
  writeFileSync(machine.path("file"), "shared\n");
  assert.is(ok(...args, "--volume", `${machine.path("file")}:/file:ro`, BOX, "cat", "/file"), "shared");
  const limit = ok(
    ...args,
    "--pids-limit",
    "77",
    BOX,
    "sh",
    "-c",
    "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null || true",
  );
  assert.is(limit, "77");
});

test("exec: output, exit codes, a terminal, detached", async () => {
  box("exec");
  assert.is(ok("exec", "exec", "echo", "inside"), "inside");
  assert.is(podman(["exec", "exec", "sh", "-c", "exit 3"]).status, 3);
  assert.is(podman(["exec", "exec", "no-such-program"]).status, 127);
  assert.is(podman(["exec", "exec", "/etc/passwd"]).status, 126);
  assert.match(podman(["exec", "-t", "exec", "tty"]).stdout, /^\/dev\/pts\/\d+\r?\n/);
  assert.is(
    podman(["exec", "-i", "--user", "1000", "exec", "sh", "-c", "id -u; cat"], { input: "in\n" }).stdout,
    "1000\nin\n",
  );
  ok("exec", "--detach", "exec", "sh", "-c", "echo detached >/tmp/detached");
  await until(
    "the detached command",
    () => podman(["exec", "exec", "cat", "/tmp/detached"]).stdout === "detached\n",
  );
  ok("rm", "--force", "--time", "0", "exec");
});

test("pause, unpause, and what a paused container refuses", () => {
  box("pause");
  ok("pause", "pause");
  assert.is(ok("inspect", "--format", "{{.State.Status}}", "pause"), "paused");
  assert.is.not(podman(["exec", "pause", "true"]).status, 0);
  ok("unpause", "pause");
  assert.is(ok("exec", "pause", "echo", "on"), "on");
  ok("rm", "--force", "--time", "0", "pause");
});

test("kill, stop, restart, logs, top, stats", async () => {
  ok(
    "run",
    "--detach",
    "--name",
    "life",
    "--network",
    "none",
    BOX,
    "sh",
    "-c",
    "echo started; trap 'echo term; exit 4' TERM; while :; do sleep 0.1; done",
  );
  await until("the first line", () => ok("logs", "life") === "started");
  assert.match(ok("top", "life"), /sh -c/);
  assert.match(ok("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "life"), /^life [1-9]/);
  ok("kill", "--signal", "TERM", "life");
  assert.is(ok("wait", "life"), "4");
  assert.match(ok("logs", "life"), /term/);
  ok("restart", "--time", "1", "life");
  ok("stop", "--time", "5", "life");
  assert.is(ok("inspect", "--format", "{{.State.ExitCode}}", "life"), "4");
  ok("rm", "life");
});

test("update: a new limit is in force", () => {
  box("update", "--pids-limit", "100");
  const updated = podman(["update", "--pids-limit", "55", "update"]);
  // podman 4.3 knows no limit of pids here.
  if (updated.status === 0) {
    const script = "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null || true";
    assert.is(ok("exec", "update", "sh", "-c", script), "55");
  } else {
    ok("update", "--cpu-shares", "512", "update");
  }
  ok("rm", "--force", "--time", "0", "update");
});

test("a pod's containers share their namespaces", () => {
  ok(
    "pod",
    "create",
    "--name",
    "pod",
    "--infra-image",
    BOX,
    "--infra-command",
    "sleep 1000",
    "--network",
    "none",
  );
  const ns = (kind: string) => ok("run", "--rm", "--pod", "pod", BOX, "readlink", `/proc/self/ns/${kind}`);
  assert.is(ns("net"), ns("net"));
  assert.is(ns("ipc"), ns("ipc"));
  ok("pod", "rm", "--force", "--time", "0", "pod");
});

test("build runs its commands with the runtime", () => {
  const context = machine.path("context");
  mkdirSync(context);
  writeFileSync(`${context}/Containerfile`, `FROM ${BOX}\nRUN echo built >/built\nCMD ["cat", "/built"]\n`);
  ok("build", "--network", "none", "--tag", "localhost/built:1", context);
  assert.is(ok("run", "--rm", "--network", "none", "localhost/built:1"), "built");
});

ocirtTest("a Wasm image by its annotation", () => {
  const annotation = ["--annotation", "module.wasm.image/variant=compat"];
  assert.match(ok("run", "--rm", "--network", "none", ...annotation, HELLO), /hello/i);
});

ocirtTest("exec in a Wasm container: another module, and what is none", () => {
  const annotation = ["--annotation", "module.wasm.image/variant=compat"];
  ok("run", "--detach", "--name", "modules", "--network", "none", ...annotation, SERVER);
  assert.match(ok("exec", "modules", "/hello.wasm"), /hello/i);
  assert.match(ok("exec", "--tty", "modules", "/hello.wasm"), /hello/i);
  const { status, stderr } = podman(["exec", "modules", "sh"]);
  assert.is(status, 127);
  assert.match(stderr, /the container is a WebAssembly one/);
  ok("rm", "--force", "--time", "0", "modules");
});

test("nothing is left of all these containers", async () => {
  assert.is(ok("ps", "--all", "--quiet"), "");
  await machine.assertGone("processes", () => machine.processes(/conmon|sleep 1000/));
  await machine.assertGone("cgroups", () => machine.cgroups(/libpod-[0-9a-f]{64}/));
  await machine.assertGone("mounts", () => machine.mounts(/overlay\/[0-9a-z]+\/merged/));
  await machine.assertGone("state", () => machine.stateDirectories());
});

test.run();
