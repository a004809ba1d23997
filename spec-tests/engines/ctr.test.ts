/** containerd's shim drives the runtime: `ctr run --runc-binary` and the task commands. */
import { test } from "uvu";
import { assert } from "../harness/assert.ts";
import { outside } from "../harness/programs.ts";
import { runtimePath } from "../harness/runtime.ts";
import { until } from "../harness/wait.ts";
import { assertNothingLeft, ctr, socketOf, startContainerd } from "./containerd.ts";
import { BOX, HELLO, machineWithImages, ocirtTest } from "./fixture.ts";
import type { Machine } from "./machine.ts";

let machine: Machine;

const ok = (...args: string[]) =>
  assert.succeeds(ctr(machine, ...args), `ctr ${args.join(" ")}`).stdout.trimEnd();

const run = (id: string, flags: readonly string[], ...command: string[]) =>
  ctr(machine, "run", "--runc-binary", runtimePath, ...flags, BOX, id, ...command);

function box(id: string): void {
  assert.succeeds(run(id, ["--detach", "--cgroup", `/engines-${id}`], "sleep", "1000"), "ctr run --detach");
}

async function remove(id: string): Promise<void> {
  ok("tasks", "kill", "--signal", "KILL", id);
  await until("the task's end", () => ok("tasks", "ls").includes("STOPPED"));
  ok("tasks", "rm", id);
  ok("containers", "rm", id);
}

test.before(async () => {
  const made = await machineWithImages();
  machine = made.machine;
  await startContainerd(machine, "default", [made.images.box, made.images.hello]);
});

test.after(() => machine.stop());

test("run: output, exit code, a signal, a program that is not there", () => {
  const result = run("out", ["--rm"], "sh", "-c", "echo out; echo err >&2; exit 7");
  assert.equal([result.status, result.stdout, result.stderr], [7, "out\n", "err\n"]);
  assert.is(run("signal", ["--rm"], "sh", "-c", "sh -c 'kill -9 $$'; exit $?").status, 137);
  const missing = run("missing", ["--rm"], "no-such-program");
  assert.is.not(missing.status, 0);
  assert.match(missing.stderr, /executable file not found/);
});

test("run: a terminal, a mount, a read-only root, the host's network", () => {
  // ctr wants a terminal of its own for --tty.
  const terminal = [outside, "pty", "24", "80", "ctr", "--address", socketOf(machine)];
  const flags = ["run", "--rm", "--tty", "--runc-binary", runtimePath];
  const result = machine.run([...terminal, ...flags, BOX, "tty", "tty"]);
  assert.match(result.stdout, /\/dev\/pts\/0/);
  assert.is.not(run("readonly", ["--rm", "--read-only"], "touch", "/file").status, 0);
  const mount = `type=bind,src=${machine.directory},dst=/mnt,options=rbind:ro`;
  assert.match(run("mount", ["--rm", "--mount", mount], "ls", "/mnt").stdout, /box\.tar/);
  const host = machine.run(["readlink", "/proc/self/ns/net"]).stdout;
  assert.is(run("host", ["--rm", "--net-host"], "readlink", "/proc/self/ns/net").stdout, host);
});

test("exec: output, exit code, a program that is not there", async () => {
  box("exec");
  const exec = (...command: string[]) => ctr(machine, "tasks", "exec", "--exec-id", "e", "exec", ...command);
  assert.is(exec("echo", "inside").stdout, "inside\n");
  assert.is(exec("sh", "-c", "exit 3").status, 3);
  const missing = exec("no-such-program");
  assert.is.not(missing.status, 0);
  assert.match(missing.stderr, /executable file not found/);
  await remove("exec");
});

test("pause, resume, ps, metrics, kill", async () => {
  box("life");
  ok("tasks", "pause", "life");
  assert.match(ok("tasks", "ls"), /life +\d+ +PAUSED/);
  assert.is.not(ctr(machine, "tasks", "exec", "--exec-id", "e", "life", "true").status, 0);
  ok("tasks", "resume", "life");
  assert.match(ok("tasks", "ls"), /life +\d+ +RUNNING/);
  assert.match(ok("tasks", "ps", "life"), /^\d+/m);
  assert.match(ok("tasks", "metrics", "life"), /pids/);
  await remove("life");
});

test("kill --all ends what shares the pid namespace with the host", async () => {
  ok(
    "run",
    "--detach",
    "--runc-binary",
    runtimePath,
    "--cgroup",
    "/engines-all",
    BOX,
    "all",
    "sh",
    "-c",
    "sleep 1001 & sleep 1002",
  );
  ok("tasks", "kill", "--all", "--signal", "KILL", "all");
  await until("the task's end", () => ok("tasks", "ls").includes("STOPPED"));
  ok("tasks", "rm", "all");
  ok("containers", "rm", "all");
});

ocirtTest("a Wasm image by its annotation", () => {
  const flags = ["--rm", "--annotation", "module.wasm.image/variant=compat"];
  const result = ctr(machine, "run", "--runc-binary", runtimePath, ...flags, HELLO, "wasm");
  assert.match(assert.succeeds(result).stdout, /hello/i);
});

test("nothing is left of all these containers", async () => {
  assert.is(ok("containers", "ls", "--quiet"), "");
  await assertNothingLeft(machine);
});

test.run();
