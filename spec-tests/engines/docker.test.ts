/** dockerd, with the runtime added by --add-runtime and chosen by --runtime (docker-run(1)). */
import { symlinkSync } from "node:fs";
import { test } from "uvu";
import { assert } from "../harness/assert.ts";
import type { Options } from "../harness/command.ts";
import { runtimePath } from "../harness/runtime.ts";
import { until } from "../harness/wait.ts";
import { BOX, HELLO, machineWithImages, ocirtTest } from "./fixture.ts";
import type { Machine } from "./machine.ts";

let machine: Machine;

/** Debian's client, whichever else is on the machine. */
const DOCKER = "/usr/bin/docker";

function docker(args: readonly string[], options: Options = {}) {
  const env = { DOCKER_HOST: `unix://${machine.path("docker.sock")}`, ...options.env };
  return machine.run([DOCKER, ...args], { ...options, env });
}

const ok = (...args: string[]) => assert.succeeds(docker(args), `docker ${args.join(" ")}`).stdout.trimEnd();

const RUN = ["run", "--runtime", "tested", "--network", "none"] as const;

function box(name: string, ...flags: string[]): void {
  ok(...RUN, "--detach", "--name", name, ...flags, BOX, "sleep", "1000");
}

const inspect = (name: string, what: string) => ok("inspect", "--format", `{{${what}}}`, name);

test.before(async () => {
  const made = await machineWithImages();
  machine = made.machine;
  const places = ["--data-root", machine.path("data"), "--exec-root", machine.path("exec")];
  const ways = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=overlay2"];
  const wasmName = machine.path("ocirt-wasm");
  symlinkSync(runtimePath, wasmName);
  machine.daemon("dockerd", [
    "dockerd",
    ...places,
    ...ways,
    "--exec-opt=native.cgroupdriver=cgroupfs",
    `--pidfile=${machine.path("docker.pid")}`,
    `--host=unix://${machine.path("docker.sock")}`,
    `--add-runtime=tested=${runtimePath}`,
    `--add-runtime=wasm=${wasmName}`,
  ]);
  await until("dockerd", () => docker(["version"]).status === 0);
  ok("load", "--input", made.images.box);
  ok("load", "--input", made.images.hello);
});

test.after(() => machine.stop());

test("run: output, exit code, a signal, the codes of programs that can't be executed", () => {
  const run = (...args: string[]) => docker([...RUN, "--rm", BOX, ...args]);
  const result = run("sh", "-c", "echo out; echo err >&2; exit 7");
  assert.equal([result.status, result.stdout, result.stderr], [7, "out\n", "err\n"]);
  assert.is(run("sh", "-c", "sh -c 'kill -9 $$'; exit $?").status, 137);
  assert.is(run("no-such-program").status, 127);
  assert.is(run("/etc/passwd").status, 126);
});

test("run: standard input, a user, a read-only root, a device, a sysctl, privileged", () => {
  assert.is(docker([...RUN, "--rm", "-i", BOX, "cat"], { input: "through\n" }).stdout, "through\n");
  assert.is(ok(...RUN, "--rm", "--user", "1000:2000", BOX, "id", "-u"), "1000");
  assert.is.not(docker([...RUN, "--rm", "--read-only", BOX, "touch", "/file"]).status, 0);
  assert.match(ok(...RUN, "--rm", "--device", "/dev/null:/dev/mine", BOX, "ls", "-l", "/dev/mine"), /1, +3/);
  assert.is(
    ok(...RUN, "--rm", "--sysctl", "net.ipv4.ip_forward=1", BOX, "cat", "/proc/sys/net/ipv4/ip_forward"),
    "1",
  );
});

// runc refuses where root itself lacks one of all the capabilities.
ocirtTest("run: privileged", () => {
  const script = "mount -t tmpfs none /mnt && echo mounted";
  assert.is(ok(...RUN, "--rm", "--privileged", BOX, "sh", "-c", script), "mounted");
});

test("exec: output, exit codes, standard input, a user", () => {
  box("exec");
  assert.is(ok("exec", "exec", "echo", "inside"), "inside");
  assert.is(docker(["exec", "exec", "sh", "-c", "exit 3"]).status, 3);
  // Releases of docker differ in which of the two it is.
  assert.ok([126, 127].includes(docker(["exec", "exec", "no-such-program"]).status));
  assert.is(docker(["exec", "exec", "/etc/passwd"]).status, 126);
  const args = ["exec", "-i", "--user", "1000", "exec", "sh", "-c", "id -u; cat"];
  assert.is(docker(args, { input: "in\n" }).stdout, "1000\nin\n");
  ok("rm", "--force", "exec");
});

test("pause, unpause, top, stats", () => {
  box("pause");
  ok("pause", "pause");
  assert.is(inspect("pause", ".State.Status"), "paused");
  assert.is.not(docker(["exec", "pause", "true"]).status, 0);
  ok("unpause", "pause");
  assert.match(ok("top", "pause"), /sleep 1000/);
  assert.match(ok("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "pause"), /^pause [1-9]/);
  ok("rm", "--force", "pause");
});

test("kill, stop, logs, and the exit code that remains", async () => {
  const script = "echo started; trap 'echo term; exit 4' TERM; while :; do sleep 0.1; done";
  ok(...RUN, "--detach", "--name", "life", BOX, "sh", "-c", script);
  await until("the first line", () => ok("logs", "life") === "started");
  ok("kill", "--signal", "TERM", "life");
  assert.is(ok("wait", "life"), "4");
  assert.match(ok("logs", "life"), /term/);
  ok("start", "life");
  ok("stop", "--time", "5", "life");
  assert.is(inspect("life", ".State.ExitCode"), "4");
  ok("rm", "life");
});

test("update: new limits are in force", () => {
  box("update", "--memory", "64m", "--memory-swap", "64m");
  ok("update", "--memory", "48m", "--memory-swap", "48m", "--cpu-shares", "512", "update");
  const files = "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max";
  assert.is(ok("exec", "update", "sh", "-c", `cat ${files} 2>/dev/null || true`), String(48 << 20));
  ok("rm", "--force", "update");
});

test("a restart policy starts what failed again", async () => {
  ok(...RUN, "--detach", "--name", "restart", "--restart", "on-failure:2", BOX, "sh", "-c", "exit 1");
  await until(
    "the last restart",
    () => inspect("restart", ".RestartCount") === "2" && inspect("restart", ".State.Running") === "false",
  );
  ok("rm", "restart");
});

test("a health check runs in the container", async () => {
  box("health", "--health-cmd", "test -e /healthy", "--health-interval", "200ms", "--health-retries", "1");
  await until("unhealthy", () => inspect("health", ".State.Health.Status") === "unhealthy");
  ok("exec", "health", "touch", "/healthy");
  await until("healthy", () => inspect("health", ".State.Health.Status") === "healthy");
  ok("rm", "--force", "health");
});

test("a container beyond its memory limit is killed", () => {
  const grow = "x=a; while :; do x=$x$x; done";
  docker([...RUN, "--name", "oom", "--memory", "16m", "--memory-swap", "16m", BOX, "sh", "-c", grow]);
  assert.is(inspect("oom", ".State.ExitCode"), "137");
  ok("rm", "oom");
});

ocirtTest("a Wasm image, by the name that the runtime is called by", () => {
  // This release of docker has no option for annotations.
  const run = ["run", "--runtime", "wasm", "--network", "none", "--rm", HELLO];
  assert.match(ok(...run), /hello/i);
});

test("nothing is left of all these containers", async () => {
  assert.is(ok("ps", "--all", "--quiet"), "");
  await machine.assertGone("processes", () => machine.processes(/containerd-shim|sleep 1000/));
  await machine.assertGone("cgroups", () => machine.cgroups(/[0-9a-f]{64}/));
  await machine.assertGone("mounts", () => machine.mounts(/overlay2\/[0-9a-z]+\/merged/));
});

test.run();
